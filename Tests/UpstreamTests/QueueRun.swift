import KeyedChance

@testable import Upstream

/// Poisson arrivals at an upstream that has servers and no latency, with the outcome of each.
struct QueueRun {
    /// The mean of every service distribution here: the unit of all times below.
    static let unit: Int64 = 10 * ms

    private(set) var waits: [Double] = []
    /// From the arrival to the answer, had the client stayed.
    private(set) var sojourns: [Double] = []
    /// Whether the queue was full, 1 or 0.
    private(set) var isRefused: [Double] = []
    /// Whether the client was gone before the work was done, 1 or 0; refusals are left out.
    private(set) var isAbandoned: [Double] = []

    /// The first arrivals find an empty system, so they are left out.
    private static let warmup = 1_000

    /// - Parameters:
    ///   - rate: Arrivals per mean service time.
    ///   - patience: The distribution of how long clients wait; nil: without limit.
    init(
        _ capacity: Capacity, rate: Double, arrivals: Int, clientTimeout: Distribution? = nil,
        seed: UInt64 = 1
    ) {
        let model = FaultyUpstream(
            UpstreamConfiguration(capacity: capacity), seed: seed, epoch: 0)
        let clientTimeout = clientTimeout.map { DistributionSampler($0) }
        let arrivalStream = Chance.Stream("test.arrivals")
        let clientTimeoutStream = Chance.Stream("test.patience")
        var now = 0.0
        for number in 0..<UInt64(arrivals + Self.warmup) {
            var chance = Chance(seed: seed, stream: arrivalStream, request: number)
            now -= ExactMath.log(chance.unit()) / rate * Double(Self.unit)
            var request = arrival(number)
            if let clientTimeout {
                var chance = Chance(seed: seed, stream: clientTimeoutStream, request: number)
                request.clientTimeout = clientTimeout.sample(&chance)
            }
            let decision = model.decide(request, at: Int64(now))
            if number >= UInt64(Self.warmup) { note(decision) }
        }
    }

    private mutating func note(_ decision: Decision) {
        isRefused.append(decision.refusal == .capacity ? 1 : 0)
        guard let service = decision.service else { return }
        waits.append(Double(service.wait) / Double(Self.unit))
        sojourns.append(Double(decision.delay) / Double(Self.unit))
        isAbandoned.append(decision.takesEffect ? 0 : 1)
    }
}

/// Closed forms for queues. Times are in units of the mean service time.
enum QueueTheory {
    /// The probability that all of `servers` are busy, by the load `rate` in Erlangs (Erlang C).
    static func erlangC(_ servers: Int, _ rate: Double) -> Double {
        var (term, below) = (1.0, 0.0)
        for busy in 0..<servers {
            below += term
            term *= rate / Double(busy + 1)
        }
        let all = term / (1 - rate / Double(servers))
        return all / (below + all)
    }

    /// The distribution of a birth-and-death chain on 0...`top`, by its rates upward and downward.
    static func chain(_ top: Int, up: (Int) -> Double, down: (Int) -> Double) -> [Double] {
        var weights = [1.0]
        for state in 1...top { weights.append(weights[state - 1] * up(state - 1) / down(state)) }
        let sum = weights.reduce(0, +)
        return weights.map { $0 / sum }
    }
}
