import HTTPTypes
import Scenario
import Upstream

/// Watches when the upstream is unhealthy for the traffic of a scenario: edge by edge of its schedule,
/// and after each attempt that may have changed it. Confined to the simulation's thread.
final class HealthWatch {
    private let scenario: Scenario
    /// Whether the upstream has faults that are over after so many attempts.
    private let hasMemory: Bool
    /// The next instant to look at; nil: there is none before the scenario's end.
    private var next: Int64? = 0
    private var begun: Int64?
    private var traffic: UInt64 = 0
    private var ended: [UnhealthySpell] = []

    init(_ scenario: Scenario) {
        self.scenario = scenario
        hasMemory = scenario.upstream.faults.contains {
            if case .sequence(_, .all) = $0.frequency { true } else { false }
        }
    }

    /// Somebody wants to send, whether the breaker lets them or not. To be told before the upstream
    /// decides.
    func asked(at now: Int64, _ upstream: UpstreamBox) {
        if let next, next <= now { advance(to: now, upstream) }
        if begun != nil { traffic += 1 }
    }

    func decided(_ decision: Decision, at now: Int64, _ upstream: UpstreamBox) {
        guard hasMemory, now < scenario.duration,
            !(decision.touchedBy.isEmpty && decision.shadowed.isEmpty)
        else { return }
        look(at: now, upstream)
    }

    /// - Returns: the stretches up to the scenario's end in which the probability of failure, weighted
    ///   by the rates of the loads that are on, is at least 1/2.
    func spells(_ upstream: UpstreamBox) -> [UnhealthySpell] {
        advance(to: scenario.duration, upstream)
        end(at: scenario.duration)
        return ended
    }

    private func advance(to now: Int64, _ upstream: UpstreamBox) {
        while let instant = next, instant <= now {
            look(at: instant, upstream)
            let edge = nextEdge(upstream, after: instant)
            next = edge.flatMap { $0 < scenario.duration ? $0 : nil }
        }
    }

    private func look(at instant: Int64, _ upstream: UpstreamBox) {
        if probability(upstream, at: instant) < 0.5 {
            end(at: instant)
        } else if begun == nil {
            (begun, traffic) = (instant, 0)
        }
    }

    private func end(at instant: Int64) {
        guard let start = begun else { return }
        begun = nil
        if instant > start {
            ended.append(UnhealthySpell(start: start, end: instant, traffic: traffic))
        }
    }

    private func probability(_ upstream: UpstreamBox, at instant: Int64) -> Double {
        var weight = 0.0
        var sum = 0.0
        for load in scenario.loads where load.isOn(at: instant) {
            guard let method = HTTPRequest.Method(load.method) else { continue }
            let rate = load.rate(at: instant, end: scenario.duration)
            // The first path stands for all: a fault on one of five hundred is no unhealthy upstream.
            let request = ArrivedRequest(
                method: method, path: PathTemplate(load.path).path { _ in 0 },
                request: UInt64.max)
            weight += rate
            sum += rate * upstream.failureProbability(request, at: instant)
        }
        return weight == 0 ? 0 : sum / weight
    }

    private func nextEdge(_ upstream: UpstreamBox, after instant: Int64) -> Int64? {
        var edges = scenario.loads.flatMap { load in
            [load.start, load.start.addingReportingOverflow(load.duration ?? 0).partialValue]
        }
        if let edge = upstream.nextEdge(after: instant) { edges.append(edge) }
        return edges.filter { $0 > instant }.min()
    }
}

extension Load {
    func isOn(at instant: Int64) -> Bool {
        guard instant >= start else { return false }
        return duration.map { instant - start < $0 } ?? true
    }

    /// Arrivals a nanosecond while it is on; `end` is that of the scenario.
    func rate(at instant: Int64, end: Int64) -> Double {
        switch rate {
        case .steady(let rate): Double(rate.count) / Double(rate.per)
        case .ramp(let from, let to):
            Ramp(from: from, to: to, over: duration ?? (end - start)).rate(at: instant - start)
        }
    }
}
