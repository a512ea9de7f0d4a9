import APIClient
import HTTPTypes
import ScenarioFile
import Testing
import Upstream

@testable import Flight

/// Each invariant must report wrong sequences of events and accept right ones.
@Suite struct InvariantTests {
    private var checker: InvariantChecker
    private let client: ClientState

    /// 3 retries of 100 ms and more without jitter, 30 s in total, 3 sends a minute.
    init() {
        let policy = Self.policy { _ in }
        checker = InvariantChecker(policy)
        client = ClientState(policy, warmup: 0, answers: KnownAnswers(horizon: 3_900 * second))
    }

    private func move(_ transition: CircuitBreaker.Transition) {
        checker.moved(transition, by: request(), of: client, at: transition.at)
        client.breaker.moved(transition, request())
    }

    private static func policy(_ change: (inout APIClient.Configuration) -> Void) -> CheckedPolicy {
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

    private func request(_ number: UInt64 = 0, arrival: Int64 = 0) -> FlownRequest {
        let flown = FlownRequest()
        flown.call = CallID(request: number)
        flown.arrival = arrival
        flown.next.value.path = "/a"
        return flown
    }

    private func violations(_ invariant: Invariant) -> UInt64 {
        checker.results[invariant.rawValue].violations
    }

    private func checked(_ invariant: Invariant) -> UInt64 {
        checker.results[invariant.rawValue].checked
    }

    private func examples(_ invariant: Invariant) -> [String] {
        checker.results[invariant.rawValue].examples.map(\.text)
    }

    /// The upstream answers a request with something that may be kept.
    private func answer(_ load: CheckedLoad, at instant: Int64) {
        let flown = request()
        flown.isKeepable = true
        checker.attemptEnded(flown, load, .answer(status: 200), by: client, at: instant)
    }

    @Test func tooManySends() {
        let flown = request()
        (flown.upstreamSends, flown.clientSends) = (4, 4)

        checker.ended(flown, of: client, at: 0)
        #expect(checker.results[Invariant.sendsBounded.rawValue].violations == 0)
        (flown.upstreamSends, flown.clientSends) = (5, 5)
        checker.ended(flown, of: client, at: 7)
        let result = checker.results[Invariant.sendsBounded.rawValue]
        #expect(result.checked == 2 && result.violations == 1)
        #expect(result.examples == [.init(request: 0, instant: 7, text: "5 sends; allowed are 4")])
    }

    @Test mutating func sendsThatNobodyCounted() {
        let flown = request()
        (flown.upstreamSends, flown.clientSends) = (2, 1)
        checker.ended(flown, of: client, at: 0)
        #expect(violations(.sendsAccounted) == 1 && violations(.sendsBounded) == 0)
    }

    @Test(arguments: [(-1, 1), (0, 0)] as [(Int64, UInt64)])
    mutating func aSendBeforeItsRetryAfter(offset: Int64, count: UInt64) throws {
        let flown = request()
        flown.upstreamSends = 1
        flown.notBefore = 5 * second
        checker.sent(flown, try Self.load(), by: client, at: 5 * second + offset)
        #expect(checked(.retryAfterRespected) == 1 && violations(.retryAfterRespected) == count)
        #expect(checked(.backoffInEnvelope) == 0)
    }

    /// Retry number, wait in ms, jitter; base 100 ms, cap 5 s.
    @Test(
        arguments: [
            (1, 100, Jitter.none, true), (1, 99, .none, false), (1, 101, .none, false),
            (3, 400, .none, true), (7, 5_000, .none, true), (7, 6_400, .none, false),
            (1, 0, .full, true), (2, 200, .full, true), (2, 201, .full, false),
            (9, 5_001, .full, false),
            (2, 99, .equal, false), (2, 100, .equal, true), (2, 200, .equal, true),
            (2, 201, .equal, false), (1, 99, .decorrelated, false), (1, 300, .decorrelated, true),
            (1, 301, .decorrelated, false), (2, 1_200, .decorrelated, true),
            (2, 1_201, .decorrelated, false),
        ] as [(Int, Int64, Jitter, Bool)])
    mutating func aBackoffOutsideItsEnvelope(
        retry: Int, wait: Int64, jitter: Jitter, isInside: Bool
    ) throws {
        checker = InvariantChecker(
            Self.policy { $0.retry = RetryPolicy(retriesMax: 10, jitter: jitter) })
        let flown = request()
        flown.upstreamSends = UInt32(retry)
        flown.retries = retry
        flown.endedAt = second
        flown.previousBackoff = 400 * ms
        checker.sent(flown, try Self.load(), by: client, at: second + wait * ms)
        #expect(checked(.backoffInEnvelope) == 1)
        #expect(violations(.backoffInEnvelope) == (isInside ? 0 : 1))
    }

    @Test mutating func theLimiterMayHoldARetryBackButNotBringItForward() throws {
        let flown = request()
        flown.upstreamSends = 1
        flown.retries = 1
        flown.waitedForLimiter = true
        checker.sent(flown, try Self.load(), by: client, at: 20 * second)
        #expect(violations(.backoffInEnvelope) == 0)
        checker.sent(flown, try Self.load(), by: client, at: 99 * ms)
        #expect(violations(.backoffInEnvelope) == 1)
    }

    @Test mutating func aSendAtTheDeadline() throws {
        checker.sent(request(), try Self.load(), by: client, at: 30 * second - 1)
        #expect(violations(.nothingAfterDeadline) == 0)
        checker.sent(request(), try Self.load(), by: client, at: 30 * second)
        #expect(violations(.nothingAfterDeadline) == 1)
    }

    private func transition(
        _ from: CircuitBreaker.State, _ to: CircuitBreaker.State
    ) throws -> CircuitBreaker.Transition {
        var breaker = CircuitBreaker(
            policy: BreakerPolicy(failuresMin: 1, openDuration: .seconds(1)), probeTimeout: second)
        guard case (.permitted(let first), _) = breaker.admit(at: 0) else {
            throw Unexpected()
        }
        let opened = breaker.record(.failure, for: first, at: 0)
        if to == .open && from == .closed { return try #require(opened) }
        let (admission, moved) = breaker.admit(at: second)
        if to == .halfOpen { return try #require(moved.first) }
        guard case .permitted(let probe) = admission else { throw Unexpected() }
        let ended = breaker.record(to == .closed ? .success : .failure, for: probe, at: second)
        return try #require(ended)
    }

    private struct Unexpected: Error {}

    @Test mutating func aSendWhileTheBreakerIsOpen() throws {
        move(try transition(.closed, .open))
        checker.sent(request(), try Self.load(), by: client, at: 0)
        #expect(violations(.nothingWhileOpen) == 1)
        move(try transition(.open, .halfOpen))
        checker.sent(request(), try Self.load(), by: client, at: 0)
        #expect(violations(.nothingWhileOpen) == 1 && checked(.nothingWhileOpen) == 2)
    }

    @Test mutating func twoProbesAtOnce() throws {
        move(try transition(.closed, .open))
        move(try transition(.open, .halfOpen))
        let probe = request()
        probe.isProbe = true
        probe.breakerEpoch = 2
        let load = try Self.load()
        checker.sent(probe, load, by: client, at: 0)
        checker.attemptEnded(probe, load, .answer(status: 200), by: client, at: 1)
        checker.sent(probe, load, by: client, at: 2)
        #expect(violations(.oneProbeAtATime) == 0)
        checker.sent(probe, load, by: client, at: 3)
        #expect(violations(.oneProbeAtATime) == 1)
    }

    /// Opened again because it hung, the breaker sends another probe; the end of the first is none
    /// of its business.
    @Test mutating func aProbeThatHungDoesNotCountTwice() throws {
        move(try transition(.closed, .open))
        move(try transition(.open, .halfOpen))
        let probe = request()
        probe.isProbe = true
        probe.breakerEpoch = 2
        let load = try Self.load()
        checker.sent(probe, load, by: client, at: 0)
        move(try transition(.halfOpen, .open))
        checker.attemptEnded(probe, load, .failure(.timedOut), by: client, at: 5 * second)
        move(try transition(.open, .halfOpen))
        probe.breakerEpoch = 4
        checker.sent(probe, load, by: client, at: 35 * second)
        #expect(checked(.oneProbeAtATime) == 2 && violations(.oneProbeAtATime) == 0)
    }

    /// Newer credentials after a 401 are worth one more send, and only once.
    @Test mutating func aSendAfterA401IsOneMoreOnce() throws {
        let load = try Self.load()
        let flown = request()
        for number in 0..<6 as Range<UInt32> {
            flown.upstreamSends = number
            flown.clientSends = number
            flown.answeredWith = number == 1 || number == 5 ? 401 : 503
            checker.sent(flown, load, by: client, at: Int64(number) * second)
        }
        #expect(
            examples(.sendsBounded) == ["2 sends after a 401; allowed is 1, with newer credentials"]
        )
        (flown.upstreamSends, flown.clientSends) = (5, 5)
        checker.ended(flown, of: client, at: 9 * second)
        #expect(violations(.sendsBounded) == 1)
        (flown.upstreamSends, flown.clientSends) = (6, 6)
        checker.ended(flown, of: client, at: 9 * second)
        #expect(violations(.sendsBounded) == 2)
    }

    @Test mutating func aFourthSendWithinAMinuteOfThree() throws {
        let load = try Self.load()
        for instant in [0, 1, 2, 60, 61, 62] as [Int64] {
            checker.sent(request(arrival: instant * second), load, by: client, at: instant * second)
        }
        #expect(checked(.limiterBound) == 6 && violations(.limiterBound) == 0)
        checker.sent(request(arrival: 119 * second), load, by: client, at: 120 * second - 1)
        #expect(violations(.limiterBound) == 1)
    }

    @Test mutating func anAnswerFromNowhereOrTooOld() throws {
        let load = try Self.load(cached: true)
        checker.cacheAnswered(request(1), load, .kept(age: nil), of: client, at: 0)
        #expect(examples(.answersNotShared) == ["an answer from nowhere"])
        answer(load, at: 0)
        checker.cacheAnswered(request(2), load, .kept(age: nil), of: client, at: 300 * second - 1)
        #expect(violations(.noStaleAnswer) == 0 && checked(.noStaleAnswer) == 1)
        checker.cacheAnswered(request(3), load, .kept(age: nil), of: client, at: 300 * second)
        #expect(
            examples(.noStaleAnswer) == [
                "an answer 300000000000 ns old passed for fresh; the policy allows 300000000000"
            ])
        #expect(violations(.answersNotShared) == 1 && checked(.answersNotShared) == 3)
    }

    /// A client that understates an answer's age gives one that never existed.
    @Test mutating func theAgeOfAnAnswerMustBeThatOfOne() throws {
        let load = try Self.load(cached: true)
        for instant in 1...5 as ClosedRange<Int64> { answer(load, at: instant * second) }
        for age in [0, 3, 4] as [Int64] {
            checker.cacheAnswered(
                request(1), load, .kept(age: age * second), of: client, at: 5 * second)
        }
        #expect(checked(.answersNotShared) == 3 && violations(.answersNotShared) == 0)
        checker.cacheAnswered(request(1), load, .kept(age: 1), of: client, at: 5 * second)
        #expect(violations(.answersNotShared) == 1)
    }

    @Test mutating func anAnswerThatWasGivenToAnotherCaller() throws {
        let tenants = try ["a", "b"].map { [Field(name: "X-Tenant", value: $0)] }.map {
            Load(name: "a", rate: .steady(.perSecond(1)), path: "/a", headers: $0)
        }.map { try LoadSchedule($0, at: 0, seed: 1, end: second, clients: 1) }
        let loads = CheckedLoad.all(tenants, hasCache: true)
        checker = InvariantChecker(checker.policy, loads)
        answer(loads[0], at: 0)
        checker.cacheAnswered(request(1), loads[0], .kept(age: 5), of: client, at: 5)
        checker.cacheAnswered(request(1), loads[0], .shared, of: client, at: 0)
        #expect(violations(.answersNotShared) == 0)
        checker.cacheAnswered(request(2), loads[1], .kept(age: 5), of: client, at: 5)
        checker.cacheAnswered(request(3), loads[1], .kept(age: nil), of: client, at: 5)
        checker.cacheAnswered(request(4), loads[1], .shared, of: client, at: 0)
        let text = "an answer that was given to another caller"
        #expect(examples(.answersNotShared) == [text, text, text])
    }

    @Test mutating func aFallbackBeyondItsTime() throws {
        let load = try Self.load(cached: true)
        answer(load, at: 0)
        let limit = (300 + 3_600) * second
        checker.cacheAnswered(
            request(1), load, .fallback(age: limit - 1), of: client, at: limit - 1)
        #expect(violations(.fallbackInBounds) == 0 && checked(.fallbackInBounds) == 1)
        checker.cacheAnswered(request(1), load, .fallback(age: limit), of: client, at: limit)
        #expect(violations(.fallbackInBounds) == 1 && checked(.noStaleAnswer) == 0)
    }

    @Test mutating func anErrorIsSharedButNotKept() throws {
        let load = try Self.load(cached: true)
        checker.sent(request(), load, by: client, at: 0)
        checker.attemptEnded(request(), load, .answer(status: 404), by: client, at: 1)
        checker.cacheAnswered(request(1), load, .shared, of: client, at: 1)
        #expect(violations(.answersNotShared) == 0)
        checker.cacheAnswered(request(2), load, .kept(age: nil), of: client, at: 2)
        #expect(violations(.answersNotShared) == 1)
    }

    @Test mutating func twoCallsForOneResource() throws {
        let load = try Self.load(cached: true)
        checker.sent(request(0), load, by: client, at: 0)
        checker.attemptEnded(request(0), load, .failure(.timedOut), by: client, at: 1)
        checker.sent(request(0), load, by: client, at: 2)
        #expect(violations(.oneUpstreamCall) == 0)
        checker.sent(request(1), load, by: client, at: 3)
        #expect(violations(.oneUpstreamCall) == 1 && checked(.oneUpstreamCall) == 3)
    }

    /// After a write a new call stands beside the old one; its end is not the new one's.
    @Test mutating func aWritePartsTheCallsOfAPath() throws {
        let load = try Self.load(cached: true)
        checker.sent(request(0), load, by: client, at: 0)
        client.underWay.outdated("/a", at: 1)
        checker.sent(request(1, arrival: 2), load, by: client, at: 2)
        checker.attemptEnded(request(0), load, .failure(.timedOut), by: client, at: 3)
        checker.sent(request(0), load, by: client, at: 4)
        checker.attemptEnded(request(0), load, .answer(status: 200), by: client, at: 5)
        #expect(violations(.oneUpstreamCall) == 0)
        checker.sent(request(2, arrival: 6), load, by: client, at: 6)
        #expect(violations(.oneUpstreamCall) == 1)
    }

    @Test mutating func aPostSentAgainAfterItWasRead() throws {
        let flown = request()
        flown.upstreamSends = 1
        checker.sent(flown, try Self.load(method: "POST"), by: client, at: 100 * ms)
        #expect(checked(.noDoubleEffect) == 1 && violations(.noDoubleEffect) == 0)
        flown.reachedUpstream = 1
        checker.sent(flown, try Self.load(method: "POST"), by: client, at: 100 * ms)
        #expect(violations(.noDoubleEffect) == 1)
        let key = [Field(name: "Idempotency-Key", value: "k")]
        checker.sent(flown, try Self.load(method: "POST", headers: key), by: client, at: 100 * ms)
        checker.sent(flown, try Self.load(method: "PUT"), by: client, at: 100 * ms)
        #expect(checked(.noDoubleEffect) == 2)
    }

    @Test mutating func onlyTheFirstFewAreShown() {
        let flown = request()
        flown.upstreamSends = 9
        for number in 0..<20 as Range<UInt64> {
            flown.call = CallID(request: number)
            checker.ended(flown, of: client, at: 0)
        }
        let result = checker.results[Invariant.sendsBounded.rawValue]
        #expect(result.violations == 20)
        #expect(result.examples.map(\.request) == [0, 1, 2, 3, 4])
    }

    // MARK: What only the whole flight can tell

    /// A log of one load, and a caller that makes no request.
    private func run(_ recorder: Recorder? = nil) throws -> (FlightLog, VirtualCaller, LoadDriver) {
        try FlightRigs.idle(recorder)
    }

    @Test func aRequestThatNeverEnds() throws {
        let (log, caller, driver) = try run()
        log.arrived(caller, ArrivedRequest.Target(.get, "/a"))
        log.arrived(caller, ArrivedRequest.Target(.get, "/a"))
        log.ended(caller, .answer(status: 200, isValid: true, source: .upstream), at: 1)
        log.close()
        let result = log.invariants.results[Invariant.endsOnce.rawValue]
        #expect(result.checked == 2 && result.violations == 1)
        #expect(result.examples.first?.text == "2 requests arrived, 1 ended")
        withExtendedLifetime(driver) {}
    }

    @Test func aRequestThatEndsTwice() throws {
        let (log, caller, driver) = try run()
        log.arrived(caller, ArrivedRequest.Target(.get, "/a"))
        log.ended(caller, .error(.timeout, .upstream), at: 1)
        log.ended(caller, .error(.timeout, .upstream), at: 1)
        log.close()
        #expect(log.invariants.results[Invariant.endsOnce.rawValue].violations == 1)
        withExtendedLifetime(driver) {}
    }

    @Test(arguments: [("/a", 0), ("/" + FlightRun.canary, 1)] as [(String, UInt64)])
    func aSecretInTheTrace(path: String, count: UInt64) throws {
        let writer = try FlightRigs.writer()
        let recorder = Recorder(writer, mode: .full, canary: FlightRun.canary)
        let (log, caller, driver) = try run(recorder)
        log.arrived(caller, ArrivedRequest.Target(.get, path))
        log.ended(caller, .error(.timeout, .upstream), at: 1)
        log.close()
        let result = log.invariants.results[Invariant.noSecretShown.rawValue]
        #expect(result.checked == 2 && result.violations == count)
        withExtendedLifetime(driver) {}
    }

    @Test func everyInvariantHasANameOfItsOwn() {
        #expect(Set(Invariant.allCases.map(\.name)).count == Invariant.allCases.count)
        #expect(checker.results.map(\.invariant) == Invariant.allCases)
    }
}
