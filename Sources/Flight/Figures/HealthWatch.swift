import HTTPTypes
import ScenarioFile
import Upstream

/// Watches when the upstream is unhealthy for the traffic of a scenario: edge by edge of its schedule,
/// and after each attempt that may have changed it. Confined to the simulation's thread.
final class HealthWatch {
    private let scenario: Scenario
    private var loads: [WatchedLoad]
    /// The clients that a fault singles out, and one that stands for the others, each with its share.
    private let voices: [(client: UInt32, share: Double)]
    private let changesWithTraffic: Bool
    /// Is told when a period begins and when it ends.
    private let recovery: RecoveryWatch?
    /// The next instant to look at; nil: there is none before the scenario's end.
    private var next: Int64? = 0
    private var begun: Int64?
    private var traffic: [UInt64]
    private var ended: [UnhealthyPeriod] = []

    /// - Parameters:
    ///   - scenario: the flight's.
    ///   - changesWithTraffic: whether the upstream's health depends on what is sent.
    ///   - recovery: who is told of periods.
    init(_ scenario: Scenario, changesWithTraffic: Bool, recovery: RecoveryWatch?) {
        self.recovery = recovery
        self.scenario = scenario
        self.changesWithTraffic = changesWithTraffic
        traffic = Array(repeating: 0, count: Int(scenario.fleet.count))
        voices = Self.voices(scenario)
        let patterns =
            scenario.upstream.routes.map(\.path) + scenario.upstream.faults.compactMap(\.scope.path)
        loads = scenario.loads.map { WatchedLoad($0, of: scenario, toldApartBy: patterns) }
    }

    private static func voices(_ scenario: Scenario) -> [(client: UInt32, share: Double)] {
        let count = scenario.fleet.count
        let named = Set(scenario.upstream.faults.compactMap(\.scope.client)).filter { $0 < count }
            .sorted()
        let share = 1 / Double(count)
        var voices = named.map { (client: $0, share: share) }
        if let other = (0..<count).first(where: { !named.contains($0) }) {
            voices.append((other, Double(count - UInt32(named.count)) * share))
        }
        return voices
    }

    /// Somebody wants to send, whether the breaker lets them or not. To be told before the upstream
    /// decides.
    func asked(by client: UInt32, at now: Int64, _ upstream: UpstreamBox) {
        catchUp(to: now, upstream)
        if begun != nil { traffic[Int(client)] += 1 }
    }

    /// Learns what has come by schedule.
    @inline(__always) func catchUp(to now: Int64, _ upstream: UpstreamBox) {
        if let next, next <= now { advance(to: now, upstream) }
    }

    func decided(at now: Int64, _ upstream: UpstreamBox) {
        guard changesWithTraffic, now < scenario.duration else { return }
        look(at: now, upstream)
        plan(after: now, upstream)
    }

    /// - Returns: the stretches up to `last`, or the scenario's end, in which the probability of failure,
    ///   weighted by the rates of the loads that are on and over all clients, is at least 1/2.
    func periods(_ upstream: UpstreamBox, until last: Int64) -> [UnhealthyPeriod] {
        let last = min(last, scenario.duration)
        advance(to: last, upstream)
        end(at: last)
        return ended
    }

    private func advance(to now: Int64, _ upstream: UpstreamBox) {
        while let instant = next, instant <= now {
            look(at: instant, upstream)
            plan(after: instant, upstream)
        }
    }

    /// To be called after a look at the same instant.
    private func plan(after instant: Int64, _ upstream: UpstreamBox) {
        let edge = nextEdge(upstream, after: instant)
        let crossing = crossing(from: instant, to: edge ?? scenario.duration)
        next = (crossing ?? edge).flatMap { $0 < scenario.duration ? $0 : nil }
    }

    /// When rates that rise or fall make the weighted probability of failure pass 1/2; nil: not before `edge`.
    /// The sum of rate x (q - 1/2) is what has to pass 0, and between two edges it is a straight line.
    private func crossing(from instant: Int64, to edge: Int64) -> Int64? {
        guard edge > instant, loads.contains(where: { $0.ramp != nil && $0.isOn(at: instant) })
        else { return nil }
        var (now, then) = (0.0, 0.0)
        for load in loads where load.isOn(at: instant) {
            let excess = load.probability - 0.5
            now += load.rate(at: instant) * excess
            then += load.rate(at: edge) * excess
        }
        // By what was seen at the instant: at 0 itself the sum may be a little to either side.
        guard begun == nil ? then > 0 : then < 0 else { return nil }
        let share = now == then ? 0 : now / (now - then)
        let root = Double(instant) + Double(edge - instant) * min(1, max(0, share))
        let next = max(instant + 1, Int64(root.rounded(.up)))
        return next < edge ? next : nil
    }

    private func look(at instant: Int64, _ upstream: UpstreamBox) {
        if probability(upstream, at: instant) < 0.5 {
            end(at: instant)
        } else if begun == nil {
            begun = instant
            recovery?.periodBegan(at: instant)
            traffic = Array(repeating: 0, count: traffic.count)
        }
    }

    private func end(at instant: Int64) {
        guard let start = begun else { return }
        begun = nil
        if instant > start {
            ended.append(UnhealthyPeriod(start: start, end: instant, traffic: traffic))
            // Where nobody asks any more there is nothing to recover.
            if loads.contains(where: { $0.isOn(at: instant) }) {
                recovery?.periodEnded(at: instant)
            }
        }
    }

    private func probability(_ upstream: UpstreamBox, at instant: Int64) -> Double {
        var weight = 0.0
        var sum = 0.0
        for index in loads.indices where loads[index].isOn(at: instant) {
            let probability = probability(upstream, of: loads[index], at: instant)
            loads[index].probability = probability
            let rate = loads[index].rate(at: instant)
            weight += rate
            sum += rate * probability
        }
        return weight == 0 ? 0 : sum / weight
    }

    private func probability(
        _ upstream: UpstreamBox, of load: WatchedLoad, at instant: Int64
    ) -> Double {
        var sum = 0.0
        for (request, share) in load.samples {
            var sample = request
            for voice in voices {
                sample.client = voice.client
                sum += share * voice.share * upstream.failureProbability(sample, at: instant)
            }
        }
        return sum
    }

    private func nextEdge(_ upstream: UpstreamBox, after instant: Int64) -> Int64? {
        var edges = scenario.loads.flatMap { load in
            [load.start, load.start.addingReportingOverflow(load.duration ?? 0).partialValue]
        }
        if let edge = upstream.nextEdge(after: instant) { edges.append(edge) }
        return edges.filter { $0 > instant }.min()
    }
}

/// A load, and what stands for its requests.
private struct WatchedLoad {
    private let load: Load
    /// One path of each kind that the upstream tells apart, and its share. A fault on one path of five hundred
    /// is no unhealthy upstream.
    let samples: [(request: ArrivedRequest, share: Double)]
    /// nil: its rate does not change.
    let ramp: Ramp?
    private let meanRate: Double
    /// Of failure, when it was on and was looked at last.
    var probability = 0.0

    init(_ load: Load, of scenario: Scenario, toldApartBy patterns: [PathPattern]) {
        self.load = load
        samples = PathTemplate(load.path).kinds(by: patterns).map { kind in
            let method = HTTPRequest.Method(load.method) ?? .get
            return (
                ArrivedRequest(method: method, path: kind.path, request: UInt64.max), kind.share
            )
        }
        ramp =
            if case .ramp(let from, let to) = load.rate {
                Ramp(from: from, to: to, over: load.duration ?? (scenario.duration - load.start))
            } else {
                nil
            }
        meanRate = load.meanRate(against: scenario.upstream.latency)
    }

    func isOn(at instant: Int64) -> Bool {
        guard instant >= load.start else { return false }
        return load.duration.map { instant - load.start < $0 } ?? true
    }

    /// Arrivals a nanosecond while it is on.
    func rate(at instant: Int64) -> Double {
        ramp.map { $0.rate(at: instant - load.start) } ?? meanRate
    }
}
