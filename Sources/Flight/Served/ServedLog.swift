import APIClient
import HTTPTypes
import ScenarioFile
import Trace
package import Upstream

/// The identity of an attempt that has arrived. It determines the attempt's random numbers.
package struct ServedTicket: Sendable, Hashable {
    /// The number of the request: its position among those that look like the same load, plus 10^12 per earlier
    /// load. Requests that look like no load come after all loads.
    package let request: UInt64
    /// The number of the attempt, from 1.
    package let attempt: UInt32
}

/// A served attempt, for display.
package struct ServedNews: Sendable {
    /// The arrival, in nanoseconds since the start.
    package var instant: Int64
    /// The identity of the attempt.
    package var ticket: ServedTicket
    /// The method from the request line.
    package var method: String
    /// The path, without the query and without credentials.
    package var path: String
    /// The means by which it was recognized; nil: it is the first attempt of a request.
    package var recognizedBy: RecognizedBy?
    /// Whether it may also be another request, or an attempt of another one.
    package var isUnclear: Bool
    /// The upstream's decision.
    package var decision: Decision
    /// The rules that sending it violates, as messages.
    package var findings: [String]

    /// The Retry-After field of the answer; nil: there is none.
    package var retryAfter: String? {
        guard case .answer(let answer) = decision.ending else { return nil }
        return answer.fields[.retryAfter]
    }
}

/// How the delivery of an exchange ended.
package enum ServedEnding: Sendable, Hashable {
    /// The decision was carried out completely.
    case delivered
    /// The client disconnected before that.
    case clientGone
}

/// Follows the requests of an external client and judges what can be judged from the upstream's side.
///
/// It has neither a clock nor sockets: the server reports arrivals, decisions and deliveries. Must be used by one
/// thread at a time. Instants are in nanoseconds since the start and must not decrease from one call to the next.
package final class ServedLog {
    private static let loadStride: UInt64 = 1_000_000_000_000

    private let scenario: Scenario
    private let policy: CheckedPolicy
    private let recorder: Recorder?
    private let keepsLines: Bool
    private let judge: ServedJudge
    private let common: Set<String>
    private let loads: ServedLoads
    private let total: ServedTally
    private let byLoad: [ServedTally?]
    private var book: RequestBook
    /// Number of requests per load; the last entry counts those that look like no load.
    private var numbers: [UInt64]
    private var live: [UInt64: SeenRequest] = [:]
    private var decisions: [ServedTicket: Decision] = [:]
    private let expected: ExpectedSchemas
    private let bodies = BodyCheck()
    /// The longest Retry-After given to the client: the instants from which and until which it must wait, and
    /// its request.
    private var stayAway: (from: Int64, until: Int64, request: UInt64) = (0, Int64.min, 0)
    /// Number of requests so far.
    package private(set) var arrivals: UInt64 = 0
    /// Number of sends so far.
    package private(set) var sends: UInt64 = 0

    /// - Parameters:
    ///   - scenario: its `client` settings are the expected behaviour of the client.
    ///   - tolerance: how much the time between two attempts may deviate from what is allowed, in nanoseconds,
    ///     because processes and networks add delays.
    ///   - expected: the schemas that answers are checked against.
    ///   - recorder: writes the trace; nil: there is none.
    ///   - keepsFailuresOnly: whether the trace holds only failed requests. Defaults to `false`.
    init(
        _ scenario: Scenario, tolerance: Int64, expected: ExpectedSchemas,
        recorder: Recorder?, keepsFailuresOnly: Bool = false
    ) {
        self.scenario = scenario
        self.expected = expected
        self.recorder = recorder
        keepsLines = keepsFailuresOnly
        policy = CheckedPolicy(scenario.client.configuration(baseURL: "http://upstream.test"))
        judge = ServedJudge(policy, scenario, tolerance: tolerance)
        common = ServedIdentity.common(scenario.loads)
        loads = ServedLoads(scenario.loads)
        total = ServedTally(scenario)
        let named = Set(scenario.expectations.compactMap(\.load))
        byLoad = scenario.loads.map { named.contains($0.name) ? ServedTally(scenario) : nil }
        book = RequestBook(policy)
        numbers = Array(repeating: 0, count: scenario.loads.count + 1)
    }

    // MARK: - Arrivals

    /// Handles an attempt that arrives.
    /// - Parameters:
    ///   - arrival: the request as it was sent.
    ///   - now: the instant of the arrival, in nanoseconds since the start.
    ///   - decide: makes the decision for the attempt, given its identity.
    /// - Returns: the decision, with data for display.
    package func arrived(
        _ arrival: ServedArrival, at now: Int64, decide: (ArrivedRequest) -> Decision
    ) -> ServedNews {
        for past in book.sweepIfDue(at: now) { retire(past, at: now) }
        let fingerprint = Fingerprint(arrival)
        let identity = ServedIdentity(arrival, fingerprint, ignoring: common)
        let reading = book.read(identity, fingerprint, at: now)
        let (request, isNew, isUnclear) = request(reading, arrival, identity, fingerprint, at: now)
        judgeSend(request, reading, isUnclear: isUnclear, at: now)
        let decision = decide(arrived(request, arrival))
        sent(request, decision, isNew: isNew, isUnclear: isUnclear, at: now)
        return ServedNews(
            instant: now, ticket: ServedTicket(request: request.number, attempt: request.attempts),
            method: arrival.method.rawValue, path: arrival.shownPath,
            recognizedBy: isNew ? nil : request.identity.by, isUnclear: isUnclear,
            decision: decision, findings: judge.findings)
    }

    /// The request that an arrival belongs to; makes a new one if there is none.
    private func request(
        _ reading: RequestBook.Reading, _ arrival: ServedArrival, _ identity: ServedIdentity,
        _ fingerprint: Fingerprint, at now: Int64
    ) -> (SeenRequest, isNew: Bool, isUnclear: Bool) {
        if case .attempt(let known, let isUnclear) = reading {
            if isUnclear { known.isUnclear = true }
            return (known, false, isUnclear)
        }
        var isUnclear = false
        if case .newOrAttempt(let other) = reading {
            isUnclear = true
            other.isUnclear = true
        }
        let load = loads.index(arrival)
        let place = load ?? scenario.loads.count
        let number = numbers[place] + UInt64(place) * Self.loadStride
        numbers[place] += 1
        arrivals += 1
        let request = SeenRequest(
            arrival, identity, fingerprint, number: number, load: load,
            schema: expected.schema(arrival.method.rawValue, arrival.target), at: now,
            lines: keepsLines ? RequestLines() : nil)
        live[number] = request
        book.enter(request, at: now)
        recorder?.request(
            request.lines, request.call, method: arrival.method.rawValue,
            path: arrival.shownPath, at: now)
        tally(request) { $0.arrived(request, isUnclear: isUnclear) }
        if case .renamed(let other) = reading {
            let isDuplicate = !other.isIdempotent && other.effects > 0
            tally(request) { $0.renamed(request, isDuplicate: isDuplicate) }
        }
        return (request, true, isUnclear)
    }

    private func judgeSend(
        _ request: SeenRequest, _ reading: RequestBook.Reading, isUnclear: Bool, at now: Int64
    ) {
        judge.sent(request, at: now)
        if request.attempts > 0 { judge.retried(request, isUnclear: isUnclear, at: now) }
        // Judged as if it were an attempt of the other request.
        if case .newOrAttempt(let other) = reading {
            judge.retried(other, isUnclear: true, at: now)
        }
        let isEarly = request.retry.last.notBefore.map {
            now.addingSaturated(ServedJudge.timerGrain) < $0
        }
        let isInWait =
            now >= stayAway.from && now.addingSaturated(ServedJudge.timerGrain) < stayAway.until
            && stayAway.request != request.number
        tally(request) {
            $0.sent(request, isUnclear: isUnclear, isEarly: isEarly, isInWait: isInWait)
        }
    }

    private func arrived(_ request: SeenRequest, _ arrival: ServedArrival) -> ArrivedRequest {
        ArrivedRequest(
            method: arrival.method, path: arrival.target, request: request.number,
            attempt: request.attempts + 1,
            content: ArrivedRequest.Content(
                headerFields: arrival.headerFields, body: arrival.body))
    }

    private func sent(
        _ request: SeenRequest, _ decision: Decision, isNew: Bool, isUnclear: Bool, at now: Int64
    ) {
        sends += 1
        request.retry.sends += 1
        request.retry.last.isFinal = false
        request.retry.last.notBefore = nil
        request.retry.last.hasUnclearRetryAfter = false
        let ticket = ServedTicket(request: request.number, attempt: request.attempts)
        recorder?.served(
            request.lines, request.call, ticket.attempt, decision,
            as: isNew ? nil : request.identity.by, isUnclear: isUnclear, at: now)
        if decision.takesEffect && !request.isIdempotent {
            request.effects += 1
            if !request.hasKey {
                tally(request) {
                    $0.tookEffect(
                        request, isFurther: request.effects > 1, isUnclear: request.isUnclear)
                }
            }
        }
        request.state = .underWay
        request.sentAt = now
        if case .hang = decision.ending { request.hangs = true } else { request.hangs = false }
        if !isNew { book.sent(request, at: now) }
        decisions[ticket] = decision
    }

    // MARK: - Deliveries

    /// Records that the exchange of an attempt is over.
    package func ended(_ ticket: ServedTicket, _ ending: ServedEnding, at now: Int64) {
        guard let decision = decisions.removeValue(forKey: ticket),
            let request = live[ticket.request]
        else { return }
        switch ending {
        case .clientGone:
            recorder?.clientGone(request.lines, request.call, ticket.attempt, at: now)
        case .delivered:
            recorder?.attemptEnded(
                request.lines, request.call, ticket.attempt, AttemptResult(decision.ending),
                at: now)
        }
        let outcome = ServedOutcome(ending, decision, bodies, schema: request.schema)
        if outcome.mayHaveActed { request.mayHaveActed = true }
        // Of several attempts in flight, the last one determines the result, or any that succeeds.
        let isLast = ticket.attempt == request.attempts
        if outcome.isSuccess || (isLast && request.isUnderWay) {
            settle(request, outcome, decision, at: now)
        }
        book.ended(request, at: now)
    }

    private func settle(
        _ request: SeenRequest, _ outcome: ServedOutcome, _ decision: Decision, at now: Int64
    ) {
        request.retry.previousBackoff = request.lastGap
        request.lastResult = outcome.result
        request.retry.endedAt = now
        request.retry.last.isFinal = outcome.isFinal
        request.retry.last.status = outcome.isGone ? nil : decision.status
        request.wasAbandoned = outcome.isGone
        guard !outcome.isFinal else {
            request.state = .over(isSuccess: outcome.isSuccess)
            endTrace(request, at: now)
            return
        }
        // The failure arrived between the instant at which it was due and now.
        let due = request.sentAt.addingSaturated(outcome.isGone ? 0 : decision.delay)
        request.state = .failed(min(due, now)...now)
        guard outcome.asksToWait, case .answer(let answer) = decision.ending else { return }
        request.retry.last.notBefore = decision.notBefore
        request.retry.last.hasUnclearRetryAfter =
            decision.notBefore == nil && answer.fields[.retryAfter] != nil
        if let notBefore = decision.notBefore, notBefore > stayAway.until {
            // Sends that cross the answer on the way are not violations, unless an earlier Retry-After still applies.
            let from = now < stayAway.until ? stayAway.from : now.addingSaturated(judge.tolerance)
            stayAway = (from, notBefore, request.number)
        }
    }

    private func endTrace(_ request: SeenRequest, at now: Int64) {
        guard !request.hasEnded else { return }
        request.hasEnded = true
        recorder?.end(request.lines, request.call, request.lastResult, at: now)
    }

    // MARK: - The listener

    /// Records that the listener was opened or closed. Attempts at a closed listener are not seen, so the time
    /// between two seen attempts may contain several waits.
    package func listenerChanged(at now: Int64) { judge.listenerChangedAt = now }

    // MARK: - The end

    private func retire(_ request: SeenRequest, at now: Int64) {
        endTrace(request, at: now)
        judge.ended(request, at: now)
        live[request.number] = nil
        for attempt in 0..<request.attempts {
            decisions[ServedTicket(request: request.number, attempt: attempt + 1)] = nil
        }
    }

    /// Ends all requests. To be called when no more arrive.
    package func close(at now: Int64) {
        for request in book.close() { retire(request, at: now) }
        judge.close()
        recorder?.handOver()
    }

    /// The results of the invariants that can be checked from this side, exercised or not.
    var invariantResults: [InvariantResult] { judge.invariants }

    /// The figures that can be known from this side: first of all requests, then of single loads.
    var figures: [Figure] {
        var figures = total.figures(book.keepsNames)
        for (index, tally) in byLoad.enumerated() {
            figures += (tally?.figures(book.keepsNames) ?? []).map {
                var figure = $0
                figure.load = scenario.loads[index].name
                return figure
            }
        }
        return figures
    }

    /// Number of sends that can be interpreted in more than one way.
    package var unclearSends: UInt64 { total.unclear(book.keepsNames) }

    private func tally(_ request: SeenRequest, _ count: (ServedTally) -> Void) {
        count(total)
        if let load = request.load, let own = byLoad[load] { count(own) }
    }
}
