import Upstream

/// The upstream model of a flight, confined to the simulation's thread.
final class UpstreamBox: @unchecked Sendable {
    // Safe: only code on the simulation's thread has a reference to it.
    private let cell: Cell<any UpstreamModel>
    let readsContent: Bool
    /// Whether it is the scenario's own model, so that the scenario's faults apply.
    let isFaulty: Bool

    init(_ model: any UpstreamModel) {
        cell = Cell(model)
        readsContent = model.readsContent
        isFaulty = model is FaultyUpstream
    }

    func decide(_ request: ArrivedRequest, at instant: Int64) -> Decision {
        cell.value.decide(request, at: instant)
    }

    func foresee(_ request: ArrivedRequest, at instant: Int64) -> Decision {
        cell.value.foresee(request, at: instant)
    }

    func failureProbability(_ request: ArrivedRequest, at instant: Int64) -> Double {
        cell.value.failureProbability(request, at: instant)
    }

    func nextEdge(after instant: Int64) -> Int64? { cell.value.nextEdge(after: instant) }

    func clears(
        _ request: ArrivedRequest, of cause: PassingCause, from instant: Int64, within span: Int64
    ) -> Bool {
        cell.value.clears(request, of: cause, from: instant, within: span)
    }

    func stationLoad(at instant: Int64) -> StationLoad? { cell.value.stationLoad(at: instant) }

    var changesWithTraffic: Bool { cell.value.changesWithTraffic }
}
