import APIClient
import Simulation
import Upstream

/// The step that every mode shares for an attempt: ask the upstream model for the decision and report it as an event.
///
/// Holds no fault logic: the model decides, ``TransportError/init(ending:)`` translates. A class: a transport
/// reads it for each attempt, and copying a struct would retain every reference in it.
final class AttemptDecider: Sendable {
    let clock: SimulationClock
    let upstream: UpstreamBox
    let events: FlightEventSource

    init(_ simulation: Simulation, _ upstream: UpstreamBox, _ events: FlightEventSource) {
        (clock, self.upstream, self.events) = (simulation.clock, upstream, events)
    }

    /// An attempt with its decision.
    struct Attempt {
        let record: AttemptRecord
        /// The caller whose request it belongs to; nil: the client sends on its own behalf, for no request of a load.
        let caller: VirtualCaller?
        /// Whether the attempt ends before its timeout.
        let isInTime: Bool
        /// The event at which the client learns the result: the delivery, or else the timeout.
        let end: EventKey
    }

    /// Asks the upstream model what happens to an attempt that is sent now.
    @inline(__always) func decide(_ request: TransportRequest) -> Attempt {
        let now = clock.now.nanoseconds
        let caller = request.observer as? VirtualCaller
        let call = request.call
        events.approached(by: call.client, at: now)
        let record: AttemptRecord
        if let caller {
            record = events.makeAttempt(request.attempt, of: caller.request)
            // For the upstream, a client whose caller gives up before the timeout is gone from that instant.
            record.clientTimeout = min(request.timeout, caller.request.cancelAt - now)
            record.timeout = request.timeout
            if caller.request.isSentAsAsked {
                // All of the arriving request but its attempt number and timeout is prepared.
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

    // A separate function, not inlined: few flights take this path.
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
    /// - Throws: ``TransportError`` with code `cancelled` if the sending task is cancelled during the wait.
    @inline(__always) func wait(for attempt: Attempt) async throws(TransportError) {
        if let caller = attempt.caller, caller.cannotBeCancelled {
            _ = await unsafe withUnsafeContinuation {
                unsafe clock.resume($0, at: attempt.end)
            }
        } else {
            do { try await clock.sleep(attempt.end) } catch { throw cancelled(attempt) }
        }
    }

    /// Reports that the sender of an attempt has its result.
    @inline(__always) func settle(_ attempt: Attempt) {
        if let caller = attempt.caller {
            events.settled(attempt.record, of: caller.request, at: clock.now.nanoseconds)
        }
    }

    /// Marks an attempt as cancelled by its sender and returns the error for the client.
    func cancelled(_ attempt: Attempt) -> TransportError {
        attempt.record.cancel()
        settle(attempt)
        return TransportError(.cancelled)
    }
}

extension AttemptDecider.Attempt {
    /// What the client receives: the response, or the error for a failure or a timeout.
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
