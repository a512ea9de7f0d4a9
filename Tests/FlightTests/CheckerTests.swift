import APIClient
import HTTPTypes
import ScenarioFile
import Testing
import Trace
import Upstream

@testable import Flight

/// Each checker reports wrong sequences of events and accepts right ones.
@Suite struct RetryCheckerTests {
    private let rig = CheckerRig(RetryChecker(CheckerRig.policy()))

    /// Emits a request with `count` failed attempts, one second apart.
    private func failed(_ rig: CheckerRig, _ count: UInt32, _ decision: Decision = .status(503))
        -> RequestRecord
    {
        let request = rig.arrive()
        for number in 1...count {
            let attempt = rig.send(request, number, at: Int64(number - 1) * second, decision)
            rig.end(attempt, request, at: Int64(number - 1) * second)
        }
        return request
    }

    @Test func `more sends than the policy allows are found at the end of the request`() {
        let right = failed(rig, 4)
        rig.tell(.ended(.error(.serverError, .upstream)), right, at: 0)
        #expect(rig.violations(.sendsBounded) == 0)
        let wrong = failed(rig, 5)
        rig.tell(.ended(.error(.serverError, .upstream)), wrong, at: 7)
        let result = rig.result(.sendsBounded)
        #expect(result.checked == 2 && result.violations == 1)
        #expect(result.examples == [.init(request: 0, instant: 7, text: "5 sends; allowed are 4")])
    }

    @Test(arguments: [(-1, 1), (0, 0)] as [(Int64, UInt64)])
    func `a retry is not sent before its Retry-After`(offset: Int64, count: UInt64) {
        let request = rig.arrive()
        let first = rig.send(request, 1, at: 0, .status(429, notBefore: 5 * second))
        rig.end(first, request, at: 0)
        rig.send(request, 2, at: 5 * second + offset)
        #expect(rig.checked(.retryAfterRespected) == 1)
        #expect(rig.violations(.retryAfterRespected) == count)
        #expect(rig.checked(.backoffInEnvelope) == 0)
    }

    /// Retry number, wait in ms, jitter. The base is 100 ms, the maximum 5 s.
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
    func `a backoff lies in its envelope`(
        retry: Int, wait: Int64, jitter: Jitter, isInside: Bool
    ) {
        let rig = CheckerRig(
            RetryChecker(
                CheckerRig.policy { $0.retry = RetryPolicy(retriesMax: 10, jitter: jitter) }))
        let request = rig.arrive()
        for number in 1...retry {
            let attempt = rig.send(request, UInt32(number), at: 0, .status(503))
            rig.end(attempt, request, at: number == retry ? second : 0)
            // One of the earlier waits was announced as 400 ms.
            let until = (number == retry ? second : 0) + 400 * ms
            rig.tell(
                .waiting(ClientWait(reason: .backoff, until: until, lower: 0, upper: until)),
                request, at: number == retry ? second : 0)
        }
        let (checked, violations) = (
            rig.checked(.backoffInEnvelope), rig.violations(.backoffInEnvelope)
        )
        rig.send(request, UInt32(retry) + 1, at: second + wait * ms)
        #expect(rig.checked(.backoffInEnvelope) == checked + 1)
        #expect(rig.violations(.backoffInEnvelope) == violations + (isInside ? 0 : 1))
    }

    @Test(arguments: [(20 * second, 0), (99 * ms, 1)] as [(Int64, UInt64)])
    func `a limiter may hold a retry back but not bring it forward`(instant: Int64, count: UInt64) {
        let request = failed(rig, 1)
        rig.tell(
            .waiting(ClientWait(reason: .limiter, until: instant, lower: 0, upper: instant)),
            request, at: 0)
        rig.send(request, 2, at: instant)
        #expect(rig.violations(.backoffInEnvelope) == count)
    }

    @Test func `nothing is sent at or after the deadline`() {
        rig.send(rig.arrive(), 1, at: 30 * second - 1, timeout: 1)
        #expect(rig.violations(.nothingAfterDeadline) == 0)
        rig.send(rig.arrive(), 1, at: 30 * second, timeout: 1)
        #expect(rig.violations(.nothingAfterDeadline) == 1)
    }

    @Test func `nothing is sent after the caller has given up`() {
        let request = rig.arrive(cancelAt: second)
        rig.send(request, 1, at: 0)
        rig.tell(.callerGaveUp, request, at: second)
        rig.send(request, 2, at: second)
        #expect(rig.checked(.nothingAfterCancel) == 2 && rig.violations(.nothingAfterCancel) == 1)
    }

    /// After a 401, newer credentials allow one more send, once.
    @Test func `a send after a 401 is one more, once`() {
        let request = rig.arrive()
        for number in 1...6 as ClosedRange<UInt32> {
            let status = number == 1 || number == 5 ? 401 : 503
            let attempt = rig.send(
                request, number, at: Int64(number) * second, .status(status))
            rig.end(attempt, request, at: Int64(number) * second)
        }
        #expect(
            rig.examples(.sendsBounded)
                == ["2 sends after a 401; allowed is 1, with newer credentials"])
        rig.tell(.ended(.error(.serverError, .upstream)), request, at: 9 * second)
        #expect(rig.violations(.sendsBounded) == 2)
    }

    @Test func `only the first few violations are shown`() {
        for number in 0..<20 as Range<UInt64> {
            rig.send(rig.arrive(number), 1, at: 30 * second, timeout: 0)
        }
        let result = rig.result(.nothingAfterDeadline)
        #expect(result.violations == 20)
        #expect(result.examples.map(\.request) == [0, 1, 2, 3, 4])
    }

    // MARK: - Several attempts at a time

    @Test func `what an attempt under way will bring binds nothing that is sent beside it`() {
        let request = rig.arrive()
        let first = rig.send(request, 1, at: 0, .status(429, notBefore: 5 * second), slot: 1)
        let second = rig.send(request, 2, at: ms, .status(200), slot: 2)
        rig.end(second, request, at: 2 * ms)
        rig.end(first, request, .failure(.cancelled), at: 2 * ms)
        for invariant in [Invariant.retryAfterRespected, .backoffInEnvelope, .noRetryOfFinal] {
            #expect(rig.violations(invariant) == 0)
        }
    }

    @Test
    func `an answer that has come binds what is sent afterwards, also beside another attempt`() {
        let request = rig.arrive()
        rig.send(request, 1, at: 0, .status(200), slot: 1)
        let second = rig.send(request, 2, at: ms, .status(429, notBefore: 5_000 * ms), slot: 2)
        rig.end(second, request, at: 2 * ms)
        rig.send(request, 3, at: 3 * ms, slot: 3)
        #expect(rig.violations(.retryAfterRespected) == 1)
    }

    /// A request must not inherit state from the previous request in its slot.
    @Test func `nothing is left of the request before in the same slot`() {
        let used = rig.arrive(cancelAt: second)
        let attempt = rig.send(used, 1, at: 0, .status(429, notBefore: 99 * second))
        rig.end(attempt, used, at: 0)
        rig.tell(.callerGaveUp, used, at: second)
        rig.tell(.ended(.error(.cancelled, .client)), used, at: second)
        let next = rig.arrive(at: 2 * second, cancelAt: 60 * second)
        rig.send(next, 1, at: 2 * second)
        rig.tell(
            .ended(.answer(status: 200, isValid: true, source: .upstream)), next, at: 2 * second)
        #expect(rig.checker.invariants.allSatisfy { $0.violations == 0 })
        #expect(rig.checked(.retryAfterRespected) == 0)
    }
}

@Suite struct BreakerCheckerTests {
    private let rig = CheckerRig(BreakerChecker(CheckerRig.policy(), clients: 1))

    private func transition(
        _ from: CircuitBreaker.State, _ to: CircuitBreaker.State
    ) throws -> CircuitBreaker.Transition {
        var breaker = CircuitBreaker(
            policy: BreakerPolicy(failuresMin: 1, openDuration: .seconds(1)), probeTimeout: second)
        guard case (.permitted(let first), _) = breaker.admit(at: 0) else { throw Unexpected() }
        let opened = breaker.record(.failure, for: first, at: 0)
        if to == .open && from == .closed { return try #require(opened) }
        let (admission, moved) = breaker.admit(at: second)
        if to == .halfOpen { return try #require(moved.first) }
        guard case .permitted(let probe) = admission else { throw Unexpected() }
        let ended = breaker.record(to == .closed ? .success : .failure, for: probe, at: second)
        return try #require(ended)
    }

    private struct Unexpected: Error {}

    private func move(_ from: CircuitBreaker.State, _ to: CircuitBreaker.State) throws {
        let transition = try transition(from, to)
        rig.tell(.breakerMoved(transition), rig.arrive(99), at: transition.at)
    }

    @Test func `nothing is sent while the breaker is open`() throws {
        try move(.closed, .open)
        rig.send(rig.arrive(), 1, at: 0)
        #expect(rig.violations(.nothingWhileOpen) == 1)
        try move(.open, .halfOpen)
        rig.send(rig.arrive(), 1, at: 0, isProbe: true, epoch: 2)
        #expect(rig.violations(.nothingWhileOpen) == 1 && rig.checked(.nothingWhileOpen) == 2)
    }

    @Test func `one probe is under way at a time`() throws {
        try move(.closed, .open)
        try move(.open, .halfOpen)
        let request = rig.arrive()
        let first = rig.send(request, 1, at: 0, isProbe: true, epoch: 2)
        rig.end(first, request, at: 1)
        rig.send(request, 2, at: 2, isProbe: true, epoch: 2)
        #expect(rig.violations(.oneProbeAtATime) == 0)
        rig.send(request, 3, at: 3, isProbe: true, epoch: 2)
        #expect(rig.violations(.oneProbeAtATime) == 1)
    }

    /// After a hanging probe the breaker opens again and sends another probe; the end of the first one no
    /// longer counts.
    @Test func `a probe that hung does not count twice`() throws {
        try move(.closed, .open)
        try move(.open, .halfOpen)
        let request = rig.arrive()
        let first = rig.send(request, 1, at: 0, isProbe: true, epoch: 2)
        try move(.halfOpen, .open)
        rig.end(first, request, .failure(.timedOut), at: 5 * second)
        try move(.open, .halfOpen)
        rig.send(request, 2, at: 35 * second, isProbe: true, epoch: 4)
        #expect(rig.checked(.oneProbeAtATime) == 2 && rig.violations(.oneProbeAtATime) == 0)
    }
}

@Suite struct LimiterCheckerTests {
    @Test func `a fourth send within a minute of three is one too many`() {
        let rig = CheckerRig(LimiterChecker(CheckerRig.policy(), clients: 1))
        for instant in [0, 1, 2, 60, 61, 62] as [Int64] {
            rig.send(rig.arrive(at: instant * second), 1, at: instant * second)
        }
        #expect(rig.checked(.limiterBound) == 6 && rig.violations(.limiterBound) == 0)
        rig.send(rig.arrive(at: 119 * second), 1, at: 120 * second - 1)
        #expect(rig.violations(.limiterBound) == 1)
    }
}

@Suite struct EffectsCheckerTests {
    @Test(
        arguments: [(Decision.refused, 0), (.reset, 1), (.status(401), 0)] as [(Decision, UInt64)])
    func `a POST is not sent again once it was read`(decision: Decision, count: UInt64) throws {
        let loads = try [
            CheckerRig.load(method: "POST"),
            CheckerRig.load(
                method: "POST", headers: [Field(name: "Idempotency-Key", value: "k")]),
            CheckerRig.load(method: "PUT"),
        ]
        let rig = CheckerRig(EffectsChecker(CheckerRig.policy(), loads))
        for place in loads.indices {
            let request = rig.arrive(UInt64(place), load: place)
            rig.end(rig.send(request, 1, at: 0, decision), request, at: 0)
            rig.send(request, 2, at: 100 * ms)
        }
        #expect(rig.checked(.noDoubleEffect) == 1)
        #expect(rig.violations(.noDoubleEffect) == count)
    }
}

@Suite struct AccountCheckerTests {
    private let checker = AccountChecker()

    @Test func `an attempt that the upstream never saw does not balance`() {
        let rig = CheckerRig(checker)
        let request = rig.arrive()
        rig.send(request, 1, at: 0)
        rig.tell(.attemptStarted(number: 2, timeout: 1), request, at: 0)
        rig.tell(.ended(.error(.timeout, .upstream)), request, at: 0)
        #expect(
            rig.examples(.sendsAccounted) == ["the client counted 2 sends, the upstream saw 1"])
    }

    @Test(arguments: [(2, 1), (1, 2)]) func `every request ends exactly once`(
        arrivals: Int, endings: Int
    ) {
        let rig = CheckerRig(checker)
        var request = rig.arrive()
        for _ in 1..<arrivals { request = rig.arrive() }
        for _ in 0..<endings { rig.tell(.ended(.error(.timeout, .upstream)), request, at: 1) }
        checker.isWhole = true
        checker.finish(at: 1)
        #expect(
            rig.examples(.endsOnce) == ["\(arrivals) requests arrived, \(endings) ended"])
    }
}

@Suite struct SecretsCheckerTests {
    @Test(arguments: [("GET /a", 0), ("sent " + FlightRun.canary + "!", 1)] as [(String, UInt64)])
    func `a secret in what a client writes is found, and each text is a check`(
        text: String, count: UInt64
    ) {
        let checker = SecretsChecker(secret: FlightRun.canary)
        checker.search(text, in: "a client's log")
        let result = CheckerRig(checker).result(.noSecretShown)
        #expect(result.checked == 1 && result.violations == count)
    }

    @Test(arguments: [("/a", 0), ("/" + FlightRun.canary, 1)] as [(String, UInt64)])
    func `a secret in the trace is found; its lines are no checks`(
        path: String, count: UInt64
    ) throws {
        let header = TraceHeader(version: "test", seed: 1, mode: "simulated", scenario: "{}")
        let secrets = SecretsChecker(secret: FlightRun.canary)
        let recorder = Recorder(
            try TraceWriter(path: nil, header: header.json), mode: .full, secrets: secrets)
        let rig = CheckerRig(recorder)
        let request = rig.arrive()
        request.asked.value.path = path
        rig.tell(.arrived, request, at: 0)
        recorder.finish(at: 1)
        let result = CheckerRig(secrets).result(.noSecretShown)
        #expect(result.checked == 0 && result.violations == count)
    }
}

@Suite struct InvariantTests {
    @Test func `every invariant has a name of its own, and one checker`() throws {
        #expect(Set(Invariant.allCases.map(\.name)).count == Invariant.allCases.count)
        let plan = try scenario("duration: 1s\nload: [ { rate: 1/s, path: /a } ]")
        let result = try FlightRun.fly(plan, FlightOptions(seed: 1, version: "test"))
        #expect(result.invariants.map(\.invariant) == Invariant.allCases)
    }
}
