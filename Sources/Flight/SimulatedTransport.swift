public import APIClient
import Simulation
import Upstream

/// Carries out the upstream model's decisions in memory, on virtual time.
///
/// Holds no fault logic: the model decides, ``TransportError/init(ending:)`` translates.
public final class SimulatedTransport: Transport {
    private let clock: SimulationClock
    private let upstream: UpstreamBox
    private let log: FlightLog

    init(_ simulation: Simulation, _ upstream: UpstreamBox, _ log: FlightLog) {
        clock = simulation.clock
        self.upstream = upstream
        self.log = log
    }

    /// Lets the upstream decide, waits out the decision on virtual time, and reports it.
    public func send(_ request: TransportRequest) async throws(TransportError) -> TransportResponse
    {
        let now = clock.now.nanoseconds
        let pilot = request.observer as? Pilot
        // A caller that gives up before the timeout is as good as gone from then on.
        let patience = min(request.timeout, pilot?.patience(at: now) ?? .max)
        log.deciding(for: request.call.client, at: now)
        let arrived = ArrivedRequest(
            method: request.method, path: request.target, client: request.call.client,
            request: request.call.request, attempt: request.attempt, patience: patience,
            content: upstream.readsContent ? ArrivedRequest.Content(request) : nil)
        let decision = upstream.decide(arrived, at: now)
        log.decided(request, arrived, decision, for: pilot, at: now)

        let isInTime = decision.ends(within: request.timeout)
        let key = EventKey(
            now + (isInTime ? decision.delay : request.timeout), isInTime ? .delivery : .timeout,
            client: request.call.client, request: request.call.request, attempt: request.attempt)
        if let pilot, pilot.isUninterrupted {
            _ = await unsafe withUnsafeContinuation { unsafe clock.resume($0, at: key) }
        } else {
            do { try await clock.sleep(key) } catch { throw TransportError(.cancelled) }
        }
        switch decision.ending {
        case .answer(let answer) where isInTime:
            return TransportResponse(
                statusCode: answer.status, headerFields: answer.fields, body: answer.body)
        case .answer: throw TransportError(.timedOut)
        case .broken where !isInTime: throw TransportError(.timedOut)
        case .broken, .hang: throw TransportError(ending: decision.ending)
        }
    }
}

extension ArrivedRequest.Content {
    fileprivate init(_ request: TransportRequest) {
        self.init(headerFields: request.headerFields, body: request.body ?? [])
    }
}

/// The one upstream of a flight, confined to the simulation's thread.
final class UpstreamBox: @unchecked Sendable {
    // Confined: only code on the simulation's thread has a reference to it.
    private let cell: Cell<any UpstreamModel>
    let readsContent: Bool

    init(_ model: any UpstreamModel) {
        cell = Cell(model)
        readsContent = model.readsContent
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

    var changesWithTraffic: Bool { cell.value.changesWithTraffic }
}
