import KeyedChance
import Testing

@testable import Upstream

/// A queue without end, and the mean wait that theory gives; the unit is the mean service.
struct WaitCase: Sendable, CustomTestStringConvertible {
    var name: String
    var servers = 1
    var service: Distribution = .exponential(mean: QueueRun.unit)
    /// Arrivals in the time of one service.
    var rate: Double
    var wait: Double
    var testDescription: String { "\(name), \(rate) arrivals in a service" }

    /// Pollaczek and Khinchine: the rate times the second moment, over twice what is left of a
    /// server.
    private static func general(
        _ name: String, _ service: Distribution, square: Double, rate: Double
    )
        -> WaitCase
    {
        WaitCase(name: name, service: service, rate: rate, wait: rate * square / 2 / (1 - rate))
    }

    static let all: [WaitCase] =
        [0.3, 0.5, 0.7].flatMap { rate in
            [
                WaitCase(name: "M/M/1", rate: rate, wait: rate / (1 - rate)),
                general("M/D/1", .fixed(QueueRun.unit), square: 1, rate: rate),
                // Width 2: the variance is 4 / 12.
                general(
                    "M/G/1, uniform", .uniform(from: 0, to: 2 * QueueRun.unit), square: 4.0 / 3,
                    rate: rate),
            ]
        } + [
            // Nine of ten take half a unit, the tenth 5.5: 0.9 * 2 * 0.25 + 0.1 * 2 * 30.25.
            general(
                "M/H2/1",
                .mixture([
                    .init(
                        share: Ratio(9, of: 10), distribution: .exponential(mean: QueueRun.unit / 2)
                    ),
                    .init(
                        share: Ratio(1, of: 10),
                        distribution: .exponential(mean: QueueRun.unit * 11 / 2)),
                ]), square: 6.5, rate: 0.4)
        ]
        + [(2, 1.0), (2, 1.5), (4, 2.0), (4, 2.8), (10, 7.0)].map { servers, rate in
            WaitCase(
                name: "M/M/\(servers)", servers: servers, rate: rate,
                wait: QueueTheory.erlangC(servers, rate) / (Double(servers) - rate))
        }
}

/// A queue with an end: so many servers and places.
struct LossCase: Sendable, CustomTestStringConvertible {
    var servers: Int
    var queue: Int
    var rate: Double
    var testDescription: String { "M/M/\(servers)/\(servers + queue), \(rate)" }

    /// How often each number of requests is present.
    var chain: [Double] {
        QueueTheory.chain(servers + queue, up: { _ in rate }, down: { Double(min($0, servers)) })
    }

    static let all = [
        LossCase(servers: 1, queue: 0, rate: 1), LossCase(servers: 1, queue: 4, rate: 0.5),
        LossCase(servers: 1, queue: 4, rate: 1), LossCase(servers: 1, queue: 4, rate: 2),
        LossCase(servers: 3, queue: 0, rate: 2), LossCase(servers: 3, queue: 5, rate: 1.5),
        LossCase(servers: 3, queue: 5, rate: 3), LossCase(servers: 3, queue: 5, rate: 4.5),
    ]
}

/// The upstream's servers against closed forms. Waits are correlated, so means are bounded by batch
/// means; the false-alarm probability of each comparison is that of `Bounds`.
@Suite struct QueueTheoryTests {
    private static let arrivals = 32_000

    @Test(arguments: WaitCase.all) func theMeanWaitIsThatOfTheory(item: WaitCase) {
        let run = QueueRun(
            Capacity(servers: item.servers, queue: .max, service: item.service), rate: item.rate,
            arrivals: Self.arrivals)
        let wait = BatchMeans(run.waits)
        #expect(run.waits.count == Self.arrivals)
        #expect(abs(wait.mean - item.wait) <= wait.bound)
        // The bound is worth something: it is less than half of what it is about.
        #expect(wait.bound < max(item.wait, 0.1) * 0.5)
        let sojourn = BatchMeans(run.sojourns)
        #expect(abs(sojourn.mean - item.wait - 1) <= sojourn.bound)
    }

    /// By PASTA, arrivals find as many present as there are at any time.
    @Test(arguments: LossCase.all) func aFullQueueTurnsAwayAsOftenAsTheoryHasIt(item: LossCase) {
        let run = QueueRun(
            Capacity(
                servers: item.servers, queue: item.queue,
                service: .exponential(mean: QueueRun.unit)),
            rate: item.rate, arrivals: Self.arrivals)
        let chain = item.chain
        let refused = BatchMeans(run.isRefused)
        let blocking = chain[item.servers + item.queue]
        #expect(abs(refused.mean - blocking) <= refused.bound)
        #expect(refused.bound < 0.2 * blocking + 0.01)
        guard item.queue > 0 else { return }
        // Little's distribution for the queue: the mean wait of those let in is its length over their rate.
        let length = chain.enumerated().reduce(0) {
            $0 + Double(max(0, $1.offset - item.servers)) * $1.element
        }
        let wait = BatchMeans(run.waits)
        #expect(abs(wait.mean - length / (item.rate * (1 - blocking))) <= wait.bound)
    }

    /// The time spent in M/M/1 is exponential with mean 1 / (1 - rate). Every 64th request only: 64
    /// arrivals later, at these rates, nothing is left of a correlation (under e^-8).
    @Test(arguments: [0.3, 0.6]) func theTimeSpentInMM1IsExponential(rate: Double) {
        let run = QueueRun(
            Capacity(servers: 1, queue: .max, service: .exponential(mean: QueueRun.unit)),
            rate: rate, arrivals: 38_400, seed: 2)
        let thinned = stride(from: 0, to: run.sojourns.count, by: 64).map { run.sojourns[$0] }
        let largest = distance(thinned) { 1 - ExactMath.exp(-(1 - rate) * $0) }
        #expect(thinned.count == 600 && largest <= Bounds.distance(of: 600))
        // A distribution with a mean a third longer is told apart.
        let wrong = distance(thinned) { 1 - ExactMath.exp(-(1 - rate) * 0.6 * $0) }
        #expect(wrong > Bounds.distance(of: 600))
    }

    /// An arrival at M/M/1 waits at all with probability `rate`, and then exponentially.
    @Test func theShareThatWaitsIsTheLoad() {
        let run = QueueRun(
            Capacity(servers: 1, queue: .max, service: .exponential(mean: QueueRun.unit)),
            rate: 0.6, arrivals: Self.arrivals, seed: 3)
        let waiting = BatchMeans(run.waits.map { $0 > 0 ? 1 : 0 })
        #expect(abs(waiting.mean - 0.6) <= waiting.bound && waiting.bound < 0.1)
    }

    // MARK: Clients that go away

    /// An arrival that has not been served within a fixed time t leaves, and the work on it stops
    /// (Barrer, "Queuing with impatient customers and ordered service", 1957). Below t the work
    /// that an arrival finds has the density rate * p0 * e^(-(1 - rate) x), with p0 the probability
    /// that there is none; an arrival is lost with probability p0 * e^(-(1 - rate) t).
    @Test(arguments: [(0.5, 1), (0.5, 3), (1, 2), (1.5, 2), (3, 4)] as [(Double, Int64)])
    func lossesOfFixedPatienceAreThoseOfBarrer(rate: Double, time: Int64) {
        let run = QueueRun(
            Capacity(
                servers: 1, queue: .max, service: .exponential(mean: QueueRun.unit),
                abandoned: .drop),
            rate: rate, arrivals: Self.arrivals, clientTimeout: .fixed(time * QueueRun.unit),
            seed: 4)
        let t = Double(time)
        let spare = 1 - rate
        let busy = spare == 0 ? t : (1 - ExactMath.exp(-spare * t)) / spare
        let idle = 1 / (1 + rate * busy)
        let lost = BatchMeans(run.isAbandoned)
        #expect(abs(lost.mean - idle * ExactMath.exp(-spare * t)) <= lost.bound)
        let atOnce = BatchMeans(run.waits.map { $0 == 0 ? 1 : 0 })
        #expect(abs(atOnce.mean - idle) <= atOnce.bound)
        #expect(lost.bound < 0.04 && atOnce.bound < 0.06)
    }

    /// Exponential patience of mean 1 / theta makes it a birth-and-death chain: with n present one
    /// leaves at the rate min(n, servers) + n theta. Of those let in the share theta N / rate is
    /// lost.
    @Test(arguments: [(1, 0.8, 0.2), (3, 4, 0.5), (2, 3, 1)] as [(Int, Double, Double)])
    func lossesOfExponentialPatienceAreThoseOfTheChain(servers: Int, rate: Double, theta: Double) {
        let queue = 6
        let run = QueueRun(
            Capacity(
                servers: servers, queue: queue, service: .exponential(mean: QueueRun.unit),
                abandoned: .drop),
            rate: rate, arrivals: Self.arrivals,
            clientTimeout: .exponential(mean: Int64(Double(QueueRun.unit) / theta)), seed: 5)
        let chain = QueueTheory.chain(
            servers + queue, up: { _ in rate },
            down: { Double(min($0, servers)) + Double($0) * theta })
        let blocking = chain[servers + queue]
        let present = chain.enumerated().reduce(0) { $0 + Double($1.offset) * $1.element }
        let refused = BatchMeans(run.isRefused)
        #expect(abs(refused.mean - blocking) <= refused.bound && refused.bound < 0.03)
        let lost = BatchMeans(run.isAbandoned)
        let share = theta * present / (rate * (1 - blocking))
        #expect(abs(lost.mean - share) <= lost.bound && lost.bound < 0.04)
    }

    /// With `finish` a client's timeout changes nothing for those behind it.
    @Test func finishedWorkIsDoneForClientsThatAreGone() {
        func waits(_ clientTimeout: Distribution?) -> [Double] {
            QueueRun(
                Capacity(servers: 1, queue: 5, service: .exponential(mean: QueueRun.unit)),
                rate: 1.2, arrivals: 2_000, clientTimeout: clientTimeout, seed: 6
            ).waits
        }
        #expect(waits(.fixed(1)) == waits(nil))
    }
}
