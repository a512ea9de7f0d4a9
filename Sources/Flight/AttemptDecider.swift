import APIClient
import Simulation
import Upstream

/// What every mode does for an attempt before it goes its own way: ask the one model, and tell the log.
///
/// Holds no fault logic: the model decides, ``TransportError/init(ending:)`` translates.
/// A class: a transport looks at it for each attempt, and a copy would retain what it refers to.
final class AttemptDecider: Sendable {
    let clock: SimulationClock
    let upstream: UpstreamBox
    let log: FlightLog

    init(_ simulation: Simulation, _ upstream: UpstreamBox, _ log: FlightLog) {
        (clock, self.upstream, self.log) = (simulation.clock, upstream, log)
    }

    /// An attempt whose fate is known.
    struct Attempt {
        let decision: Decision
        let caller: VirtualCaller?
        /// Whether its end comes within the attempt's time.
        let isInTime: Bool
        /// When the client learns of it.
        let end: EventKey
    }

    /// Lets the upstream decide what happens to an attempt that is sent now.
    @inline(__always) func decide(_ request: TransportRequest) -> Attempt {
        let now = clock.now.nanoseconds
        let caller = request.observer as? VirtualCaller
        let call = request.call
        // A caller that gives up before the timeout is as good as gone from then on.
        let clientTimeout = min(request.timeout, caller?.clientTimeout(at: now) ?? .max)
        log.deciding(for: call.client, at: now)
        let decision: Decision
        if let caller, caller.flown.isSentAsAsked {
            // What arrives is known already, but for which attempt it is.
            caller.flown.next.value.attempt = request.attempt
            caller.flown.next.value.clientTimeout = clientTimeout
            decision = upstream.decide(caller.flown.next.value, at: now)
            log.decided(
                request, decision, for: caller, clientTimeout: clientTimeout, isOwnMethod: true,
                at: now)
        } else {
            decision = decide(request, for: caller, clientTimeout: clientTimeout, at: now)
        }
        let isInTime = decision.ends(within: request.timeout)
        return Attempt(
            decision: decision, caller: caller, isInTime: isInTime,
            end: EventKey(
                now + (isInTime ? decision.delay : request.timeout),
                isInTime ? .delivery : .timeout, client: call.client, request: call.request,
                attempt: request.attempt))
    }

    // By itself: few flights come here.
    @inline(never) private func decide(
        _ request: TransportRequest, for caller: VirtualCaller?, clientTimeout: Int64, at now: Int64
    ) -> Decision {
        let arrived = ArrivedRequest(
            method: request.method, path: request.target, client: request.call.client,
            request: request.call.request, attempt: request.attempt, clientTimeout: clientTimeout,
            content: upstream.readsContent ? ArrivedRequest.Content(request) : nil)
        let decision = upstream.decide(arrived, at: now)
        log.decided(
            request, decision, for: caller, clientTimeout: clientTimeout,
            isOwnMethod: caller.map { $0.flown.method == arrived.method } ?? true, at: now)
        return decision
    }

    /// Waits, on the simulation's clock, until the client learns how the attempt ended.
    @inline(__always) func wait(
        until end: EventKey, _ caller: VirtualCaller?
    ) async throws(TransportError) {
        if let caller, caller.isUninterrupted {
            _ = await unsafe withUnsafeContinuation { unsafe clock.resume($0, at: end) }
        } else {
            do { try await clock.sleep(end) } catch { throw TransportError(.cancelled) }
        }
    }
}

extension AttemptDecider.Attempt {
    /// What the client gets in the end, where nothing but the decision can tell.
    var reply: Result<TransportResponse, TransportError> {
        switch decision.ending {
        case .hang: .failure(TransportError(ending: decision.ending))
        case _ where !isInTime: .failure(TransportError(.timedOut))
        case .answer(let answer):
            .success(
                TransportResponse(
                    statusCode: answer.status, headerFields: answer.fields, body: answer.body))
        case .broken: .failure(TransportError(ending: decision.ending))
        }
    }
}

extension ArrivedRequest.Content {
    fileprivate init(_ request: TransportRequest) {
        self.init(headerFields: request.headerFields, body: request.body ?? [])
    }
}
