import APIClient
import KeyedChance
import HTTPTypes
import ScenarioFile
import Upstream

/// The requests of one load: their arrivals and contents. Confined to the simulation's thread.
final class LoadSchedule {
    /// Request numbers per load; the digits above them are the load's index. A load added at the end of a file
    /// therefore changes no request number of the others, and none of their random numbers.
    static let numbersPerLoad: UInt64 = 1_000_000_000_000

    private static let pathStream = Chance.Stream("path")
    private static let thinkStream = Chance.Stream("think")
    private static let clientStream = Chance.Stream("fleet")
    private static let cancelStream = Chance.Stream("cancel")
    /// Paths with at most this many variants are built once, in advance.
    private static let variantsMax: UInt64 = 10_000

    let load: Load
    private let index: Int
    private let seed: UInt64
    private let paths: Chance.Family
    private let fleet: Chance.Family
    private let template: PathTemplate
    private let prototype: APIRequest
    private let variants: [Asked]
    private let expected: ExpectedSchemas
    private let process: Cell<ArrivalProcess>
    private let end: Int64
    private let clients: UInt32
    /// Number of users of a closed load; 0: the load is open.
    let users: UInt64
    private let think: DistributionSampler?
    private let cancelAfter: DistributionSampler?

    /// - Parameters:
    ///   - load: the load from the scenario.
    ///   - index: its index in the scenario.
    ///   - seed: the seed of the flight.
    ///   - end: the limit for arrivals, in nanoseconds of virtual time.
    ///   - clients: the number of clients that its requests are spread over.
    ///   - expected: the schemas that its answers are checked against.
    /// - Throws: ``FlightError`` if the load's method is not a valid HTTP method.
    init(
        _ load: Load, at index: Int, seed: UInt64, end: Int64, clients: UInt32,
        expected: ExpectedSchemas = ExpectedSchemas()
    ) throws(FlightError) {
        self.load = load
        self.expected = expected
        self.clients = clients
        self.end = min(end, load.duration.map { load.start.addingSaturated($0) } ?? end)
        cancelAfter = load.cancelAfter.map { DistributionSampler($0) }
        if case .closed(let users, let distribution) = load.rate {
            self.users = UInt64(users)
            think = DistributionSampler(distribution)
        } else {
            users = 0
            think = nil
        }
        self.index = index
        hasNoQuery = load.params.isEmpty
        self.seed = seed
        paths = Chance.Family(seed: seed, stream: Self.pathStream)
        fleet = Chance.Family(seed: seed, stream: Self.clientStream)
        template = PathTemplate(load.path)
        process = Cell(ArrivalProcess(load, at: index, seed: seed, end: end))
        guard let method = HTTPRequest.Method(load.method) else {
            throw FlightError(.environment, "load '\(load.name)': '\(load.method)' is no method")
        }
        var headers: RequestHeaders = [:]
        for field in load.headers { headers.append(field.name, field.value) }
        prototype = APIRequest(
            method, load.path, headers: headers,
            body: load.body.map { RequestBody(json: Array($0.utf8)) },
            params: QueryParameters(load.params.map { (name: $0.name, value: $0.value) }),
            useCache: load.useCache)
        if let count = template.count, count <= Self.variantsMax {
            variants = (0..<count).map { [prototype, template] number in
                var request = prototype
                request.endpoint = template.path(number)
                request.responseSchema = expected.schema(load.method, request.endpoint)
                return Asked(request)
            }
        } else {
            variants = []
        }
    }

    var isIdempotent: Bool {
        ["GET", "PUT", "DELETE"].contains(load.method) || hasKey
    }

    /// Whether the requests carry an idempotency key, by which the upstream recognizes a repeated request.
    var hasKey: Bool { load.headers.contains { $0.name.lowercased() == "idempotency-key" } }

    /// The index of the load that the request belongs to.
    static func place(of request: UInt64) -> Int { Int(request / numbersPerLoad) }

    /// Whether its requests have no query parameters.
    let hasNoQuery: Bool

    /// Whether its callers may cancel requests.
    var isCancellable: Bool { cancelAfter != nil }

    /// The next arrival of an open load; nil: there are no more.
    func nextArrival() -> (request: UInt64, instant: Int64)? {
        guard let (number, instant) = process.value.next() else { return nil }
        return (UInt64(index) * Self.numbersPerLoad + number, instant)
    }

    /// A closed load: the request that a user makes after number `request`, or their first one if that is nil.
    /// It arrives one think time after `instant`. nil: the load is over.
    func nextArrival(
        after request: UInt64?, ofUser user: UInt64 = 0, at instant: Int64
    ) -> (request: UInt64, instant: Int64)? {
        guard let think else { return nil }
        let next = request.map { $0 + users } ?? (UInt64(index) * Self.numbersPerLoad + user)
        var chance = Chance(seed: seed, stream: Self.thinkStream, request: next)
        let arrival = max(instant, load.start).addingSaturated(think.sample(&chance))
        return arrival < end ? (next, arrival) : nil
    }

    /// The client of a request: drawn per request in an open load, fixed per user in a closed one.
    func client(of request: UInt64) -> UInt32 {
        if clients == 1 { return 0 }
        let number = request % Self.numbersPerLoad
        if users > 0 { return UInt32(number % users % UInt64(clients)) }
        var chance = Chance(fleet, request: request)
        return UInt32(chance.below(UInt64(clients)))
    }

    /// The instant at which the caller of a request that arrives at `instant` gives up; nil: never.
    func cancellation(of request: UInt64, at instant: Int64) -> Int64? {
        guard let cancelAfter else { return nil }
        var chance = Chance(seed: seed, stream: Self.cancelStream, request: request)
        return instant.addingSaturated(cancelAfter.sample(&chance))
    }

    /// A request in two forms: as the client gets it and as the upstream sees it.
    final class Asked: Sendable {
        let request: APIRequest
        let target: ArrivedRequest.Target

        fileprivate init(_ request: APIRequest) {
            self.request = request
            target = ArrivedRequest.Target(request.method, request.endpoint)
        }
    }

    /// The content of request `number`.
    func request(_ number: UInt64) -> Asked {
        if variants.count == 1 { return variants[0] }
        var chance = Chance(paths, request: number)
        guard variants.isEmpty else {
            return variants[Int(chance.below(UInt64(variants.count)))]
        }
        var request = prototype
        request.endpoint = template.path { chance.below($0) }
        request.responseSchema = expected.schema(load.method, request.endpoint)
        return Asked(request)
    }
}

extension Int64 {
    /// The sum of two non-negative instants or durations. On overflow `Int64.max`, an instant that is never reached.
    func addingSaturated(_ other: Int64) -> Int64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? .max : sum
    }
}
