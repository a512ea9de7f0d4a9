import APIClient
import Chance
import HTTPTypes
import Scenario
import Upstream

/// The requests of one load: when they arrive and what they ask. Confined to the simulation's thread.
final class LoadSchedule {
    /// Request numbers hold the load's place in the digits above these, so that a load added at the
    /// end of a file changes no number, and with it no chance, of the others.
    static let numbersPerLoad: UInt64 = 1_000_000_000_000

    private static let pathStream = Chance.Stream("path")
    /// Paths with fewer variants than this are written out once.
    private static let variantsMax: UInt64 = 10_000

    let load: Load
    private let index: Int
    private let seed: UInt64
    private let template: PathTemplate
    private let prototype: APIRequest
    private let variants: [APIRequest]
    private var process: ArrivalProcess
    private var upcoming: UInt64?

    init(_ load: Load, at index: Int, seed: UInt64, end: Int64) throws(FlightError) {
        self.load = load
        self.index = index
        self.seed = seed
        template = PathTemplate(load.path)
        process = ArrivalProcess(load, at: index, seed: seed, end: end)
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
                return request
            }
        } else {
            variants = []
        }
    }

    var isIdempotent: Bool {
        ["GET", "PUT", "DELETE"].contains(load.method)
            || load.headers.contains { $0.name.lowercased() == "idempotency-key" }
    }

    /// Notes the next arrival and says its request's number and instant; nil when there is none.
    func nextArrival() -> (request: UInt64, instant: Int64)? {
        guard let (number, instant) = process.next() else { return nil }
        let request = UInt64(index) * Self.numbersPerLoad + number
        upcoming = request
        return (request, instant)
    }

    /// The number of the arrival that was noted last.
    func takeArrival() -> UInt64 {
        guard let upcoming else { preconditionFailure("an arrival that nobody scheduled") }
        self.upcoming = nil
        return upcoming
    }

    /// What request `number` asks.
    func request(_ number: UInt64) -> APIRequest {
        if variants.count == 1 { return variants[0] }
        var chance = Chance(seed: seed, stream: Self.pathStream, request: number)
        guard variants.isEmpty else {
            return variants[Int(chance.below(UInt64(variants.count)))]
        }
        var request = prototype
        request.endpoint = template.path { chance.below($0) }
        return request
    }
}
