import APIClient
import HTTPTypes
import ScenarioFile
import Testing
import Trace
import Upstream

@testable import Flight

/// One checker with events from the test.
struct CheckerRig {
    let checker: any FlightEventConsumer

    init(_ checker: any FlightEventConsumer) { self.checker = checker }

    /// 3 retries from 100 ms on without jitter, a total timeout of 30 s, 3 sends per minute, unless changed.
    static func policy(
        _ change: (inout APIClient.Configuration) -> Void = { _ in }
    ) -> CheckedPolicy {
        var configuration = APIClient.Configuration(
            baseURL: "http://a.test", retry: RetryPolicy(jitter: .none),
            limiter: LimiterPolicy(sendsPerMinute: 3))
        change(&configuration)
        return CheckedPolicy(configuration)
    }

    static func load(
        method: String = "GET", cached: Bool = false, headers: [Field] = []
    ) throws -> CheckedLoad {
        let load = Load(
            name: "a", rate: .steady(.perSecond(1)), method: method, path: "/a", headers: headers,
            useCache: cached)
        let schedule = try LoadSchedule(load, at: 0, seed: 1, end: second, clients: 1)
        return CheckedLoad.all([schedule], hasCache: true)[0]
    }

    /// Emits the arrival of a request; its slot is its number.
    func arrive(
        _ number: UInt64 = 0, load: Int = 0, at arrival: Int64 = 0, cancelAt: Int64 = .max
    ) -> RequestRecord {
        let request = RequestRecord(slot: Int(number), AttemptRecord(slot: Int(number)))
        request.reset(to: CallID(request: number), load: load, at: arrival)
        request.cancelAt = cancelAt
        request.asked.value.path = "/a"
        tell(.arrived, request, at: arrival)
        return request
    }

    func tell(_ event: FlightEvent, _ request: RequestRecord, at now: Int64) {
        checker.consume(event, of: request, at: now)
    }

    /// Begins an attempt and lets it be decided.
    @discardableResult func send(
        _ request: RequestRecord, _ number: UInt32, at now: Int64,
        _ decision: Decision = .status(200), timeout: Int64 = 5 * second, slot: Int? = nil,
        isProbe: Bool = false, epoch: Int = 0
    ) -> AttemptRecord {
        tell(.attemptStarted(number: number, timeout: timeout), request, at: now)
        let attempt = AttemptRecord(slot: slot ?? request.slot)
        attempt.begin(number, request.call)
        (attempt.ordinal, attempt.sentAt, attempt.timeout) = (number, now, timeout)
        (attempt.isProbe, attempt.isAnnouncedProbe, attempt.breakerEpoch) = (
            isProbe, isProbe, epoch
        )
        attempt.decide(decision)
        attempt.interpretDecision()
        tell(.attemptDecided(attempt), request, at: now)
        return attempt
    }

    /// Settles an attempt and ends it for the client.
    func end(
        _ attempt: AttemptRecord, _ request: RequestRecord, _ result: AttemptResult? = nil,
        at now: Int64
    ) {
        if result == .failure(.cancelled) { attempt.cancel() }
        tell(.attemptSettled(attempt), request, at: now)
        let usual: AttemptResult =
            attempt.status.map { .answer(status: $0) } ?? .failure(.timedOut)
        tell(
            .attemptEnded(attempt, result ?? usual), request, at: now)
    }

    func violations(_ invariant: Invariant) -> UInt64 { result(invariant).violations }
    func checked(_ invariant: Invariant) -> UInt64 { result(invariant).checked }
    func examples(_ invariant: Invariant) -> [String] { result(invariant).examples.map(\.text) }

    func result(_ invariant: Invariant) -> InvariantResult {
        checker.invariants.first { $0.invariant == invariant } ?? InvariantResult(invariant)
    }
}

extension Decision {
    /// An immediate answer with a status; `notBefore` is in nanoseconds.
    static func status(_ status: Int, notBefore: Int64? = nil) -> Decision {
        Decision(
            ending: .answer(Answer(status: status, fields: [:], body: [])), delay: 0,
            notBefore: notBefore)
    }

    /// A refused connection.
    static let refused = Decision(
        ending: .broken(.refused, Answer(status: 200, fields: [:], body: [])), delay: 0)
}
