import HTTPTypes
import ScenarioFile
import Upstream

/// Finds the periods in which the upstream is unhealthy for the scenario's traffic. Evaluated at each edge of
/// its schedule and after each attempt that may have changed its state. Confined to the simulation's thread.
final class HealthWatch: FlightEventConsumer {
    private let scenario: Scenario
    private let upstream: UpstreamBox
    private var loads: [WatchedLoad]
    /// The clients that a fault targets, and one that represents all others, each with its share of the fleet.
    private let voices: [(client: UInt32, share: Double)]
    private let changesWithTraffic: Bool
    /// Measures how long callers notice a period after its end. nil: the upstream never changes.
    let recovery: RecoveryWatch?
    /// The next instant to evaluate; nil: none before the scenario's end.
    private var next: Int64? = 0
    private var begun: Int64?
    /// The clients that sent, or tried to send, in the current period.
    private var traffic = ClientSet()
    private var ended: [UnhealthyPeriod] = []

    init(_ scenario: Scenario, _ upstream: UpstreamBox) {
        self.scenario = scenario
        self.upstream = upstream
        changesWithTraffic = upstream.changesWithTraffic
        let firstFault = upstream.nextEdge(after: -1)
        recovery =
            firstFault == nil && !upstream.changesWithTraffic
            ? nil : RecoveryWatch(scenario, firstFault: firstFault)
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

    @inline(__always) func consume(_ event: UpstreamEvent, at now: Int64) {
        switch event {
        case .approached(let client): approached(by: client, at: now)
        case .decided: if changesWithTraffic { decided(at: now) }
        }
    }

    @inline(__always) func consume(
        _ event: FlightEvent, of request: RequestRecord, at now: Int64
    ) {
        guard case .ended(let ending) = event, let recovery, request.arrival >= scenario.warmup
        else { return }
        catchUp(to: now)
        recovery.ended(isSuccess: ending.isSuccess, after: now - request.arrival, at: now)
    }

    @inline(__always) private func approached(by client: UInt32, at now: Int64) {
        catchUp(to: now)
        if begun != nil { traffic.insert(Int(client)) }
    }

    /// Evaluates the scheduled instants up to `now`.
    @inline(__always) private func catchUp(to now: Int64) {
        if let next, next <= now { advance(to: now) }
    }

    private func decided(at now: Int64) {
        guard now < scenario.duration else { return }
        look(at: now)
        plan(after: now)
    }

    /// The periods in which the upstream was unhealthy: the probability of failure, weighted by the rates of
    /// the active loads and averaged over all clients, is at least 1/2. May be called once, at the end.
    /// - Parameter last: the instant at which the flight ended, in nanoseconds.
    /// - Returns: the periods up to `last` or the scenario's end, whichever is earlier.
    func periods(until last: Int64) -> [UnhealthyPeriod] {
        let last = min(last, scenario.duration)
        advance(to: last)
        end(at: last)
        recovery?.close()
        return ended
    }

    private func advance(to now: Int64) {
        while let instant = next, instant <= now {
            look(at: instant)
            plan(after: instant)
        }
    }

    /// Sets the next instant. Must follow a `look` at the same instant.
    private func plan(after instant: Int64) {
        let edge = nextEdge(after: instant)
        let crossing = crossing(from: instant, to: edge ?? scenario.duration)
        next = (crossing ?? edge).flatMap { $0 < scenario.duration ? $0 : nil }
    }

    /// The instant at which changing rates make the weighted probability of failure cross 1/2; nil: not before
    /// `edge`. That is where the sum of rate x (q - 1/2) crosses 0; the sum is linear between two edges.
    private func crossing(from instant: Int64, to edge: Int64) -> Int64? {
        guard edge > instant, loads.contains(where: { $0.ramp != nil && $0.isOn(at: instant) })
        else { return nil }
        var (now, then) = (0.0, 0.0)
        for load in loads where load.isOn(at: instant) {
            let excess = load.probability - 0.5
            now += load.rate(at: instant) * excess
            then += load.rate(at: edge) * excess
        }
        // Decided by the state found at the instant: at a crossing, rounding may put the sum on either side of 0.
        guard begun == nil ? then > 0 : then < 0 else { return nil }
        let share = now == then ? 0 : now / (now - then)
        let root = Double(instant) + Double(edge - instant) * min(1, max(0, share))
        let next = max(instant + 1, Int64(root.rounded(.up)))
        return next < edge ? next : nil
    }

    private func look(at instant: Int64) {
        if probability(at: instant) < 0.5 {
            end(at: instant)
        } else if begun == nil {
            begun = instant
            recovery?.periodBegan(at: instant)
            traffic.removeAll()
        }
    }

    private func end(at instant: Int64) {
        guard let start = begun else { return }
        begun = nil
        if instant > start {
            let isLong = instant - start >= UnhealthyPeriodFigures.noticeable
            ended.append(
                UnhealthyPeriod(
                    start: start, end: instant, clients: isLong ? traffic : ClientSet()))
            // Without active loads nothing can recover.
            if loads.contains(where: { $0.isOn(at: instant) }) {
                recovery?.periodEnded(at: instant)
            }
        }
    }

    private func probability(at instant: Int64) -> Double {
        var weight = 0.0
        var sum = 0.0
        for index in loads.indices where loads[index].isOn(at: instant) {
            let probability = probability(of: loads[index], at: instant)
            loads[index].probability = probability
            let rate = loads[index].rate(at: instant)
            weight += rate
            sum += rate * probability
        }
        return weight == 0 ? 0 : sum / weight
    }

    private func probability(
        of load: WatchedLoad, at instant: Int64
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

    private func nextEdge(after instant: Int64) -> Int64? {
        var edges = scenario.loads.flatMap { load in
            [load.start, load.start.addingReportingOverflow(load.duration ?? 0).partialValue]
        }
        if let edge = upstream.nextEdge(after: instant) { edges.append(edge) }
        return edges.filter { $0 > instant }.min()
    }
}

/// A load with example requests.
private struct WatchedLoad {
    private let load: Load
    /// One path per set of paths that the upstream treats alike, with the share of that set. A fault on one
    /// path of five hundred does not make the upstream unhealthy.
    let samples: [(request: ArrivedRequest, share: Double)]
    /// The load's ramp; nil: its rate is constant.
    let ramp: Ramp?
    private let meanRate: Double
    /// The probability of failure at the last evaluation while it was active.
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

    /// The rate while the load is active, in arrivals per nanosecond.
    func rate(at instant: Int64) -> Double {
        ramp.map { $0.rate(at: instant - load.start) } ?? meanRate
    }
}
