public import Upstream

/// A stream of similar requests: how many arrive, when they arrive, and what each of them asks for.
public struct Load: Sendable, Hashable {
    /// The rate at which requests arrive.
    public enum Rate: Sendable, Hashable {
        /// A constant rate.
        case steady(RequestRate)
        /// A rate that changes linearly from `from` at the load's start to `to` at its end.
        case ramp(from: RequestRate, to: RequestRate)
        /// A closed load of `users`, each of whom pauses for a time drawn from `think`, sends a
        /// request, waits until it has ended, and starts again. `arrivals` has no effect on a
        /// closed load.
        case closed(users: UInt32, think: Distribution)
    }

    /// The distribution of the arrivals over time.
    public enum Arrivals: String, Sendable, Hashable, CaseIterable {
        /// Requests arrive at equal intervals.
        case constant
        /// Requests arrive independently of each other, as a Poisson process.
        case poisson
    }

    /// The load's name in metrics and reports, unique in the scenario: 1 to 64 letters, digits,
    /// `.`, `_` and `-`.
    public var name: String
    /// The rate of arrivals between `start` and the load's end.
    public var rate: Rate
    /// How the arrivals of an open load are spread. Defaults to `.constant`.
    public var arrivals: Arrivals
    /// When the load starts, in nanoseconds of virtual time. Defaults to 0.
    public var start: Int64
    /// How long the load lasts, in nanoseconds. nil, the default, means until the end of the
    /// scenario.
    public var duration: Int64?
    /// The HTTP method: GET, POST, PUT, DELETE or PATCH. Defaults to GET.
    public var method: String
    /// The path of the endpoint. A segment such as `{1..500}` is replaced by a number from that
    /// range, drawn anew for each request.
    public var path: String
    /// The query parameters, in the order of the file. Defaults to none.
    public var params: [Parameter]
    /// The header fields, in the order of the file. Defaults to none.
    public var headers: [Field]
    /// The body as a JSON text. nil, the default, means no body. Only POST, PUT and PATCH can have
    /// one.
    public var body: String?
    /// Whether the client may answer from its cache. Defaults to `true`.
    public var useCache: Bool
    /// How long after the arrival the caller cancels the request, drawn for each request. nil, the
    /// default, means never.
    public var cancelAfter: Distribution?

    /// Creates a load. The values are not checked.
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
    /// The mean rate of arrivals. For a closed load it is an estimate, because the rate depends on
    /// how fast the requests are answered: `latency` stands for the response time.
    ///
    /// - Parameter latency: The upstream's latency.
    /// - Returns: Arrivals per nanosecond, 0 or more.
    public func meanRate(against latency: Distribution) -> Double {
        switch rate {
        case .steady(let rate): Double(rate.count) / Double(rate.per)
        case .ramp(let from, let to):
            (Double(from.count) / Double(from.per) + Double(to.count) / Double(to.per)) / 2
        case .closed(let users, let think): Double(users) / max(1, think.mean + latency.mean)
        }
    }
}

/// A query parameter, without percent-encoding.
public struct Parameter: Sendable, Hashable {
    /// The name, which stands before the `=`.
    public var name: String
    /// The value, which stands after the `=`.
    public var value: String
    /// Creates a query parameter.
    public init(name: String, value: String) { (self.name, self.value) = (name, value) }
}
