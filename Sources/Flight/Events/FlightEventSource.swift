import APIClient
import HTTPTypes
import ScenarioFile
import Upstream

/// Produces the events of a flight, completes them with the upstream model's knowledge of the instant, and
/// passes each to every consumer once.
///
/// The load driver, the clients and the transports report to it. It keeps only the state needed to complete
/// events; everything derived from events belongs to the consumers. Confined to the simulation's thread.
final class FlightEventSource: @unchecked Sendable {
    // Confined to the simulation's thread, like the class.
    let consumers: FlightConsumers
    private let upstream: UpstreamBox
    private let loads: Roster<CheckedLoad>
    private let requestTimeout: Int64
    private let totalTimeout: Int64
    /// Per client: the breaker state that it reports, and the number of its transitions.
    private let breakers: Cell<[(state: CircuitBreaker.State, epoch: Int)]>
    private let bodies = BodyCheck()
    private let attempts = AttemptPool()
    private var freeSlots: [Int] = []
    private var slotCount = 0

    init(
        _ policy: CheckedPolicy, _ loads: [CheckedLoad], clients: UInt32, _ upstream: UpstreamBox,
        _ consumers: FlightConsumers
    ) {
        self.consumers = consumers
        self.upstream = upstream
        self.loads = Roster(loads)
        requestTimeout = policy.requestTimeout
        totalTimeout = policy.totalTimeout
        breakers = Cell(
            Array(repeating: (state: CircuitBreaker.State.closed, epoch: 0), count: Int(clients)))
    }

    // One function for each event that every request has: with the event known, each holds the code of those
    // consumers that look at it and nothing else. In their callers the compiler would give up on that.

    @inline(never) private func emit(
        _ event: FlightEvent, _ request: RequestRecord, at now: Int64
    ) { consumers.consume(event, of: request, at: now) }

    @inline(never) private func emitArrived(_ request: RequestRecord, at now: Int64) {
        consumers.consume(.arrived, of: request, at: now)
    }

    @inline(never) private func emitEnded(
        _ ending: RequestEnding, _ request: RequestRecord, at now: Int64
    ) { consumers.consume(.ended(ending), of: request, at: now) }

    @inline(never) private func emitStarted(
        _ number: UInt32, _ timeout: Int64, _ request: RequestRecord, at now: Int64
    ) {
        consumers.consume(
            .attemptStarted(number: number, timeout: timeout), of: request, at: now)
    }

    @inline(never) private func emitDecided(
        _ attempt: AttemptRecord, _ request: RequestRecord, at now: Int64
    ) { consumers.consume(.attemptDecided(attempt), of: request, at: now) }

    @inline(never) private func emitSettled(
        _ attempt: AttemptRecord, _ request: RequestRecord, at now: Int64
    ) { consumers.consume(.attemptSettled(attempt), of: request, at: now) }

    @inline(never) private func emitEnded(
        _ attempt: AttemptRecord, _ result: AttemptResult,
        _ request: RequestRecord, at now: Int64
    ) {
        consumers.consume(.attemptEnded(attempt, result), of: request, at: now)
    }

    @inline(never) private func emitAdmitted(
        _ contact: BreakerContact, isProbe: Bool, _ request: RequestRecord, at now: Int64
    ) { consumers.consume(.admittedByBreaker(contact, isProbe: isProbe), of: request, at: now) }

    // MARK: - The load

    /// Makes a record for the requests of one caller.
    func makeRequest() -> RequestRecord {
        if let slot = freeSlots.popLast() { return RequestRecord(slot: slot, attempts.make()) }
        slotCount += 1
        return RequestRecord(slot: slotCount - 1, attempts.make())
    }

    /// Takes back the record of a caller that has no further requests.
    func release(_ request: RequestRecord) { freeSlots.append(request.slot) }

    /// Reports that a request arrives.
    func arrived(
        _ request: RequestRecord, _ target: ArrivedRequest.Target,
        expecting schema: JSONSchema? = nil
    ) {
        request.asked.value.target = target
        if schema != nil { request.schema = schema }
        request.asked.value.client = request.call.client
        request.asked.value.request = request.call.request
        request.asked.value.clientTimeout = requestTimeout
        emitArrived(request, at: request.arrival)
    }

    /// Reports that a request ended with an answer.
    func ended(_ request: RequestRecord, _ response: APIResponse, at now: Int64) {
        ended(
            request,
            .answer(
                status: response.statusCode,
                isValid: bodies.isValid(
                    response.body, status: response.statusCode, fields: response.headers,
                    as: request.schema),
                source: response.isStale ? .stale : response.cached ? .cache : .upstream), at: now)
    }

    @inline(__always) func ended(_ request: RequestRecord, _ ending: RequestEnding, at now: Int64) {
        emitEnded(ending, request, at: now)
        if !request.attempt.isOver || !request.progress.value.others.isEmpty {
            attempts.abandon(request)
        }
    }

    /// Reports that the caller of a request gives up.
    func callerGaveUp(_ request: RequestRecord, at now: Int64) {
        emit(.callerGaveUp, request, at: now)
    }

    // MARK: - The client

    /// Reports what the client does for a request.
    func observed(_ request: RequestRecord, _ event: ClientEvent, at now: Int64) {
        switch event {
        case .attemptStarted(let number, let timeout):
            request.progress.value.announced += 1
            emitStarted(number, timeout, request, at: now)
        case .attemptEnded(let number, let result, _):
            ended(request, attempt: number, result, at: now)
        case .admittedByBreaker(let isProbe):
            request.progress.value.isNextProbe = isProbe
            let contact = contact(request, at: now)
            emitAdmitted(contact, isProbe: isProbe, request, at: now)
        case .refusedByBreaker(let retryAt): refused(request, retryAt: retryAt, at: now)
        case .refusedByLimiter(let until):
            emit(.refusedByLimiter(until: until), request, at: now)
        case .gaveUp(let reason): emit(.gaveUp(reason), request, at: now)
        case .waiting(let wait): emit(.waiting(wait), request, at: now)
        case .breaker(let transition):
            emit(.breakerMoved(transition), request, at: now)
            let client = Int(request.call.client)
            breakers.value[client].state = transition.to
            breakers.value[client].epoch += 1
        case .cache(let event): emit(.cache(event), request, at: now)
        }
    }

    @inline(__always) private func ended(
        _ request: RequestRecord, attempt number: UInt32, _ result: AttemptResult, at now: Int64
    ) {
        let own = request.attempt
        if request.progress.value.others.isEmpty, own.number == number, !own.isEnded {
            if case .failure(.cancelled) = result, !own.isCancelled { own.cancel() }
            emitEnded(own, result, request, at: now)
            own.isEnded = true
            return
        }
        endedBeside(request, attempt: number, result, at: now)
    }

    /// By itself: for requests with several attempts under way, or with none that the upstream has seen.
    @inline(never) private func endedBeside(
        _ request: RequestRecord, attempt number: UInt32, _ result: AttemptResult, at now: Int64
    ) {
        guard let attempt = attempts.last(number, of: request) else {
            return emit(.unseenAttemptEnded(number: number, result), request, at: now)
        }
        // A client may give an attempt up that was answered below it.
        if case .failure(.cancelled) = result, !attempt.isCancelled { attempt.cancel() }
        emit(.attemptEnded(attempt, result), request, at: now)
        attempts.ended(number, of: request)
    }

    /// The model's knowledge about the upstream at the instant at which a breaker is asked.
    @inline(__always) private func contact(
        _ request: RequestRecord, at now: Int64
    ) -> BreakerContact {
        let sends = request.progress.value.sends
        request.asked.value.attempt = sends + 1
        request.asked.value.clientTimeout = requestTimeout
        let probability = upstream.failureProbability(request.asked.value, at: now)
        request.progress.value.failureProbability = probability
        let isFirst = !request.progress.value.hasReachedBreaker
        request.progress.value.hasReachedBreaker = true
        return BreakerContact(
            failureProbability: probability, isFirst: isFirst, attemptsBefore: sends)
    }

    private func refused(_ request: RequestRecord, retryAt: Int64, at now: Int64) {
        consumers.consume(.approached(client: request.call.client), at: now)
        let contact = contact(request, at: now)
        let callersTime = request.cancelAt - now
        request.asked.value.clientTimeout = min(requestTimeout, callersTime)
        let fate = upstream.foresee(request.asked.value, at: now)
        let timeout = min(requestTimeout, request.arrival + totalTimeout - now)
        let refusal = BreakerRefusal(
            retryAt: retryAt,
            wouldHaveSucceeded: wouldSucceed(request, fate, within: min(timeout, callersTime)))
        emit(.refusedByBreaker(contact, refusal), request, at: now)
        guard !request.progress.value.isFirstJudged else { return }
        request.progress.value.isFirstJudged = true
        if let cause = fate.cause(within: timeout) {
            judgeFirst(request, cause, fate, within: timeout, at: now)
        }
    }

    /// Whether a decision gives a valid 2xx in time, by the rules of `success_rate`.
    private func wouldSucceed(
        _ request: RequestRecord, _ decision: Decision, within timeout: Int64
    ) -> Bool {
        guard case .answer(let answer) = decision.ending, decision.delay <= timeout,
            (200...299).contains(answer.status)
        else { return false }
        return bodies.isValid(
            answer.body, status: answer.status, fields: answer.fields, as: request.schema)
    }

    // MARK: - The upstream

    /// Reports that an attempt is about to reach the upstream.
    func approached(by client: UInt32, at now: Int64) {
        consumers.consume(.approached(client: client), at: now)
    }

    /// A record for an attempt that the upstream is about to decide.
    @inline(__always) func makeAttempt(_ number: UInt32, of request: RequestRecord) -> AttemptRecord
    {
        guard request.attempt.isOver else { return attempts.takeAnother(number, of: request) }
        request.attempt.begin(number, request.call)
        return request.attempt
    }

    /// Reports the decision for a send on the client's own behalf, which belongs to no request.
    func decided(for client: UInt32, at now: Int64) {
        consumers.consume(.decided(client: client), at: now)
    }

    /// Reports the upstream's decision. `attempt` holds the decision and how it was sent.
    @inline(__always) func decided(
        _ attempt: AttemptRecord, of request: RequestRecord, at now: Int64
    ) {
        consumers.consume(.decided(client: request.call.client), at: now)
        let breaker = breakers.value[Int(request.call.client)]
        request.progress.value.sends += 1
        attempt.ordinal = request.progress.value.sends
        attempt.sentAt = now
        attempt.isCut = attempt.timeout < requestTimeout
        attempt.isAnnouncedProbe = request.progress.value.isNextProbe
        attempt.isProbe = attempt.isAnnouncedProbe || breaker.state == .halfOpen
        attempt.breakerEpoch = breaker.epoch
        attempt.failureProbability = request.progress.value.failureProbability
        attempt.interpretDecision()
        emitDecided(attempt, request, at: now)
        guard !request.progress.value.isFirstJudged else { return }
        request.progress.value.isFirstJudged = true
        if let cause = attempt.passingCause {
            judgeFirst(request, cause, attempt.decision, within: attempt.timeout, at: now)
        }
    }

    /// Reports that the sender of an attempt has its result or has cancelled it.
    @inline(__always) func settled(
        _ attempt: AttemptRecord, of request: RequestRecord, at now: Int64
    ) {
        attempt.isSettled = true
        // No events follow the end of a request.
        guard attempt.call == request.call, !attempt.isAbandoned else { return }
        emitSettled(attempt, request, at: now)
    }

    /// Tells of a request whose first attempt fails, or would have, where the cause passes in time. Asked at the
    /// instant of the attempt: later a sequence may have gone on.
    @inline(never) private func judgeFirst(
        _ request: RequestRecord, _ cause: PassingCause, _ fate: Decision, within timeout: Int64,
        at now: Int64
    ) {
        // A retry could not have helped a caller who gives up before the failure.
        guard loads.look(at: request.load, \.isIdempotent),
            (fate.ends(within: timeout) ? fate.delay : timeout) < request.cancelAt - now
        else { return }
        request.asked.value.attempt = 1
        if upstream.clears(
            request.asked.value, of: cause, from: now, within: Self.referenceDeadline)
        {
            emit(.firstAttemptFailed(cause), request, at: now)
        }
    }

    /// The time within which a cause must clear for a retry to help, in nanoseconds.
    private static let referenceDeadline: Int64 = 30_000_000_000
}
