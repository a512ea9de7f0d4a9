import APIClient
import Simulation
import Upstream

/// What every mode does for an attempt before it goes its own way: ask the one model, and tell of it.
///
/// Holds no fault logic: the model decides, ``TransportError/init(ending:)`` translates.
/// A class: a transport looks at it for each attempt, and a copy would retain what it refers to.
final class AttemptDecider: Sendable {
    let clock: SimulationClock
    let upstream: UpstreamBox
    let events: FlightEventSource

    init(_ simulation: Simulation, _ upstream: UpstreamBox, _ events: FlightEventSource) {
        (clock, self.upstream, self.events) = (simulation.clock, upstream, events)
    }

    /// An attempt whose fate is known.
    struct Attempt {
        let record: AttemptRecord
        /// nil: the client sends on its own behalf, and not for a request of a load.
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
        events.approached(by: call.client, at: now)
        let record: AttemptRecord
        if let caller {
            record = events.makeAttempt(request.attempt, of: caller.request)
            // A caller that gives up before the timeout is as good as gone from then on.
            record.clientTimeout = min(request.timeout, caller.request.cancelAt - now)
            record.timeout = request.timeout
            if caller.request.isSentAsAsked {
                // What arrives is known already, but for which attempt it is.
                caller.request.asked.value.attempt = request.attempt
                caller.request.asked.value.clientTimeout = record.clientTimeout
                record.hasMethodOfRequest = true
                record.decide(upstream.decide(caller.request.asked.value, at: now))
            } else {
                decide(request, record, of: caller.request, at: now)
            }
            events.decided(record, of: caller.request, at: now)
        } else {
            record = decideAlone(request, at: now)
        }
        let isInTime = record.endsInTime
        return Attempt(
            record: record, caller: caller, isInTime: isInTime,
            end: EventKey(
                now + (isInTime ? record.delay : request.timeout), isInTime ? .delivery : .timeout,
                client: call.client, request: call.request, attempt: request.attempt))
    }

    // By itself: few flights come here.
    @inline(never) private func decide(
        _ request: TransportRequest, _ record: AttemptRecord, of caller: RequestRecord,
        at now: Int64
    ) {
        let arrived = arrived(request, clientTimeout: record.clientTimeout)
        record.hasMethodOfRequest = caller.method == arrived.method
        record.decide(upstream.decide(arrived, at: now))
    }

    @inline(never) private func decideAlone(
        _ request: TransportRequest, at now: Int64
    ) -> AttemptRecord {
        let record = AttemptRecord(slot: -1)
        (record.timeout, record.clientTimeout) = (request.timeout, request.timeout)
        record.decide(
            upstream.decide(arrived(request, clientTimeout: request.timeout), at: now))
        events.decided(for: request.call.client, at: now)
        return record
    }

    private func arrived(_ request: TransportRequest, clientTimeout: Int64) -> ArrivedRequest {
        ArrivedRequest(
            method: request.method, path: request.target, client: request.call.client,
            request: request.call.request, attempt: request.attempt, clientTimeout: clientTimeout,
            content: upstream.readsContent ? ArrivedRequest.Content(request) : nil)
    }

    /// Waits, on the simulation's clock, until the client learns how the attempt ended.
    /// - Throws: ``TransportError`` with `cancelled` where the task that sends is cancelled before.
    @inline(__always) func wait(for attempt: Attempt) async throws(TransportError) {
        if let caller = attempt.caller, caller.cannotBeCancelled {
            _ = await unsafe withUnsafeContinuation {
                unsafe clock.resume($0, at: attempt.end)
            }
        } else {
            do { try await clock.sleep(attempt.end) } catch { throw cancelled(attempt) }
        }
    }

    /// The sender of an attempt has its result.
    @inline(__always) func settle(_ attempt: Attempt) {
        if let caller = attempt.caller {
            events.settled(attempt.record, of: caller.request, at: clock.now.nanoseconds)
        }
    }

    /// The sender has cancelled an attempt.
    func cancelled(_ attempt: Attempt) -> TransportError {
        attempt.record.cancel()
        settle(attempt)
        return TransportError(.cancelled)
    }
}

extension AttemptDecider.Attempt {
    /// What the client gets in the end, where nothing but the decision can tell.
    var reply: Result<TransportResponse, TransportError> {
        switch record.decision.ending {
        case .hang: .failure(TransportError(ending: record.decision.ending))
        case _ where !isInTime: .failure(TransportError(.timedOut))
        case .answer(let answer):
            .success(
                TransportResponse(
                    statusCode: answer.status, headerFields: answer.fields, body: answer.body))
        case .broken: .failure(TransportError(ending: record.decision.ending))
        }
    }
}

extension ArrivedRequest.Content {
    fileprivate init(_ request: TransportRequest) {
        self.init(headerFields: request.headerFields, body: request.body ?? [])
    }
}
