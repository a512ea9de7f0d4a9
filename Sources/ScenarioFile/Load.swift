public import Upstream

/// Requests of one kind: how many, when, and what each asks for.
public struct Load: Sendable, Hashable {
    /// How many requests arrive in a time.
    public enum Rate: Sendable, Hashable {
        /// Always as many.
        case steady(RequestRate)
        /// Rising or falling evenly from the load's start to its end.
        case ramp(from: RequestRate, to: RequestRate)
        /// A closed load: so many users, each of whom thinks, asks, waits for the end, and thinks again.
        /// They come when they come: `arrivals` says nothing to them.
        case closed(users: UInt32, think: Distribution)
    }

    /// How the arrivals are spread.
    public enum Arrivals: String, Sendable, Hashable, CaseIterable {
        /// Evenly.
        case constant
        /// Independently of each other.
        case poisson
    }

    /// Unique in the scenario: letters, digits, `.`, `_` and `-`.
    public var name: String
    /// How many requests arrive, from `start` on.
    public var rate: Rate
    /// Defaults to `.constant`.
    public var arrivals: Arrivals
    /// Nanoseconds of virtual time; defaults to 0.
    public var start: Int64
    /// Nanoseconds; nil: to the end of the scenario.
    public var duration: Int64?
    /// GET, POST, PUT, DELETE or PATCH; defaults to GET.
    public var method: String
    /// The endpoint; segments such as `{1..500}` stand for a number drawn for each request.
    public var path: String
    /// Query parameters, in the order of the file.
    public var params: [Parameter]
    /// Header fields, in the order of the file.
    public var headers: [Field]
    /// A JSON text; nil: none. With POST, PUT and PATCH only.
    public var body: String?
    /// Whether the client may answer from its cache. Defaults to `true`.
    public var useCache: Bool
    /// How long after its arrival a caller gives up, drawn for each request; nil: never.
    public var cancelAfter: Distribution?

    /// A load; what is left out has its default.
    public init(
        name: String, rate: Rate, arrivals: Arrivals = .constant, start: Int64 = 0,
        duration: Int64? = nil, method: String = "GET", path: String, params: [Parameter] = [],
        headers: [Field] = [], body: String? = nil, useCache: Bool = true,
        cancelAfter: Distribution? = nil
    ) {
        self.name = name
        self.rate = rate
        self.arrivals = arrivals
        self.start = start
        self.duration = duration
        self.method = method
        self.path = path
        self.params = params
        self.headers = headers
        self.body = body
        self.useCache = useCache
        self.cancelAfter = cancelAfter
    }
}

extension Load {
    /// Arrivals a nanosecond, on average. How fast a closed load is answered nobody knows before: the usual
    /// latency stands for it.
    ///
    /// - Parameter latency: the upstream's usual one.
    /// - Returns: 0 or more.
    public func meanRate(against latency: Distribution) -> Double {
        switch rate {
        case .steady(let rate): Double(rate.count) / Double(rate.per)
        case .ramp(let from, let to):
            (Double(from.count) / Double(from.per) + Double(to.count) / Double(to.per)) / 2
        case .closed(let users, let think): Double(users) / max(1, think.mean + latency.mean)
        }
    }
}

/// A query parameter, not yet percent-encoded.
public struct Parameter: Sendable, Hashable {
    /// Before the `=`.
    public var name: String
    /// After the `=`.
    public var value: String
    /// A parameter.
    public init(name: String, value: String) { (self.name, self.value) = (name, value) }
}
