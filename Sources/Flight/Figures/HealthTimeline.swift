import HTTPTypes
import Scenario
import Upstream

/// When the upstream was unhealthy for the traffic of a scenario: worked out from its schedule, edge
/// by edge, without flying.
enum HealthTimeline {
    /// - Returns: the stretches up to the scenario's end in which the probability of failure, weighted
    ///   by the rates of the loads that are on, is at least 1/2.
    static func spells(_ scenario: Scenario, _ upstream: UpstreamBox) -> [UnhealthySpell] {
        var spells: [UnhealthySpell] = []
        var begun: Int64?
        var instant: Int64 = 0
        while instant < scenario.duration {
            let isUnhealthy = probability(scenario, upstream, at: instant) >= 0.5
            if isUnhealthy, begun == nil { begun = instant }
            if !isUnhealthy, let start = begun {
                spells.append(UnhealthySpell(start: start, end: instant))
                begun = nil
            }
            guard let next = nextEdge(scenario, upstream, after: instant) else { break }
            instant = next
        }
        if let begun { spells.append(UnhealthySpell(start: begun, end: scenario.duration)) }
        // One that begins in the warm-up was met by a breaker that was not yet what it is.
        return spells.filter { $0.start >= scenario.warmup }
    }

    private static func probability(
        _ scenario: Scenario, _ upstream: UpstreamBox, at instant: Int64
    ) -> Double {
        var weight = 0.0
        var sum = 0.0
        for (index, load) in scenario.loads.enumerated() where load.isOn(at: instant) {
            guard let method = HTTPRequest.Method(load.method) else { continue }
            let rate = load.rate(at: instant, end: scenario.duration)
            // The first path stands for all: a fault on one of five hundred is no unhealthy upstream.
            let request = ArrivedRequest(
                method: method, path: PathTemplate(load.path).path { _ in 0 },
                request: UInt64(index) * LoadSchedule.numbersPerLoad)
            weight += rate
            sum += rate * upstream.failureProbability(request, at: instant)
        }
        return weight == 0 ? 0 : sum / weight
    }

    private static func nextEdge(
        _ scenario: Scenario, _ upstream: UpstreamBox, after instant: Int64
    ) -> Int64? {
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
