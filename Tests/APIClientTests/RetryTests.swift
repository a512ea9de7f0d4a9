import APIClient
import HTTPTypes
import Testing
import WindtunnelTesting

@Suite("Retries") struct RetryTests {
    static func retryAfter(_ value: String, status: Int = 429) -> ScriptedReply {
        .status(status, fields: [.retryAfter: value])
    }

    @Test func `wait for 100, 200, 400 ms without jitter, and end with the first success`() throws {
        let rig = try Rig([.status(500), .status(502), .failure(.truncated)]) {
            $0.retry.jitter = .none
        }
        let response = try rig.run { rig in try await rig.client.get("/a") }
        #expect(response.statusCode == 200)
        #expect(rig.sends == [0, 100, 300, 700].map { $0 * millisecond })
        #expect(rig.transport.attempts.map(\.request.attempt) == [1, 2, 3, 4])
    }

    struct Method: Sendable, CustomTestStringConvertible {
        var request: APIRequest
        var reply: ScriptedReply
        var sends: Int
        var retriesUnsafe = false
        var testDescription: String { "\(request.method) \(sends)" }
    }

    static let methods: [Method] =
        [HTTPRequest.Method.get, .put, .delete].flatMap { method in
            [
                Method(request: APIRequest(method, "/a"), reply: .hang, sends: 4),
                Method(request: APIRequest(method, "/a"), reply: .status(503), sends: 4),
            ]
        }
        + [HTTPRequest.Method.post, .patch].flatMap { method in
            let plain = APIRequest(method, "/a")
            let keyed = APIRequest(method, "/a", headers: ["Idempotency-Key": "k1"])
            return [
                Method(request: plain, reply: .hang, sends: 1),
                Method(request: plain, reply: .failure(.connectionReset), sends: 1),
                Method(request: plain, reply: .failure(.truncated), sends: 1),
                Method(request: plain, reply: .status(503), sends: 1),
                Method(request: plain, reply: .status(429), sends: 1),
                Method(request: plain, reply: .failure(.connectionRefused), sends: 4),
                Method(request: plain, reply: .failure(.connectTimedOut), sends: 4),
                Method(request: keyed, reply: .hang, sends: 4),
                Method(request: keyed, reply: .status(503), sends: 4),
                Method(request: plain, reply: .status(503), sends: 4, retriesUnsafe: true),
            ]
        }

    @Test(arguments: methods)
    func `POST and PATCH are retried only where they provably had no effect, or with a key`(
        each: Method
    ) throws {
        let rig = try Rig([], last: each.reply) {
            $0.retry.retriesUnsafeMethods = each.retriesUnsafe
        }
        let end = try rig.run { rig in await rig.end(each.request) }
        #expect(end.error != nil)
        #expect(rig.sends.count == each.sends)
    }

    @Test(arguments: [0, 1, 2, 3])
    func `at most rateLimitRetriesMax of the retries follow a 429`(retries: Int) throws {
        let rig = try Rig([.status(503)], last: .status(429)) {
            $0.retry.rateLimitRetriesMax = retries
        }
        let error = try rig.run { rig in await rig.end(APIRequest(.get, "/a")) }.error
        #expect(error?.code == .rateLimitExceeded)
        #expect(rig.sends.count == 1 + 1 + min(retries, 2))
    }

    /// Virtual time 0 is 2026-01-01T00:00:00Z; own backoff is 100 ms.
    static let waits: [(value: String, milliseconds: Int64)] = [
        ("0", 100), ("1", 1_000), ("7", 7_000), (" 7\t", 7_000), ("029", 29_000),
        ("-1", 100), ("+7", 100), ("1.5", 100), ("7s", 100), ("1e1", 100), ("", 100), ("soon", 100),
        ("7, 8", 100),
        ("Thu, 01 Jan 2026 00:00:10 GMT", 10_000),
        ("Thursday, 01-Jan-26 00:00:10 GMT", 10_000),
        ("Thu Jan  1 00:00:10 2026", 10_000),
        ("Wed, 31 Dec 2025 23:59:50 GMT", 100),
        ("Thu, 01 Jan 2026 00:00:10 UTC", 100),
        ("Thu, 32 Jan 2026 00:00:10 GMT", 100),
    ]

    @Test(arguments: waits, [429, 503])
    func `Retry-After is waited for where it is valid, else our own backoff`(
        each: (value: String, milliseconds: Int64), status: Int
    ) throws {
        let rig = try Rig([Self.retryAfter(each.value, status: status)]) { $0.retry.jitter = .none }
        let response = try rig.run { rig in try await rig.client.get("/a") }
        #expect(response.statusCode == 200)
        #expect(rig.sends == [0, each.milliseconds * millisecond])
    }

    @Test(arguments: [408, 500, 502, 504])
    func `Retry-After counts with 429 and 503 only`(status: Int) throws {
        let rig = try Rig([Self.retryAfter("7", status: status)]) { $0.retry.jitter = .none }
        try rig.run { rig in _ = try await rig.client.get("/a") }
        #expect(rig.sends == [0, 100 * millisecond])
    }

    @Test(arguments: 0..<32 as Range<UInt64>, Jitter.allCases)
    func `a retry after Retry-After is never early, and jitter only lengthens the wait`(
        seed: UInt64, jitter: Jitter
    ) throws {
        let rig = try Rig([Self.retryAfter("2")], seed: seed) { $0.retry.jitter = jitter }
        let witness = Witness()
        try rig.run { rig async throws in
            _ = try await rig.client.execute(APIRequest(.get, "/a"), observer: witness)
        }
        #expect(rig.sends[1] >= 2 * second)
        #expect(rig.sends[1] <= 2 * second + 300 * millisecond)
        let wait = try #require(witness.waits.first?.wait)
        #expect(wait.reason == .retryAfter)
        #expect(wait.until == rig.sends[1])
        #expect(wait.lower >= 2 * second && (wait.lower...wait.upper).contains(wait.until))
    }

    @Test(
        arguments: [
            ("30", Duration.seconds(30)), ("31", .seconds(31)),
            ("9999999999", .seconds(9_999_999_999)),
            ("99999999999999999999999", .nanoseconds(Int64.max / 4)),
            ("Thu, 01 Jan 2026 00:00:30 GMT", .seconds(30)),
            ("Fri, 31 Dec 9999 23:59:59 GMT", .nanoseconds(Int64.max / 4)),
        ], [429, 503])
    func `a wait past the deadline fails now, with the wait attached`(
        each: (String, Duration), status: Int
    ) throws {
        let rig = try Rig([Self.retryAfter(each.0, status: status)])
        let error = try rig.run { rig in await rig.end(APIRequest(.get, "/a")) }.error
        #expect(error?.code == (status == 429 ? .rateLimitExceeded : .serverError))
        #expect(error?.statusCode == status)
        #expect(error?.retryAfter == min(each.1, .nanoseconds(Int64.max / 4)))
        #expect(rig.now == 0)
        #expect(rig.sends == [0])
    }

    @Test func `a wait that ends right before the deadline is waited for`() throws {
        let rig = try Rig([Self.retryAfter("29")]) {
            $0.totalTimeout = .nanoseconds(29 * second + 1)
        }
        let response = try rig.run { rig in try await rig.client.get("/a") }
        #expect(response.statusCode == 200)
        #expect(rig.sends == [0, 29 * second])
    }

    @Test func `no attempt starts at or after the deadline, and the last one's time is cut to it`()
        throws
    {
        let rig = try Rig([], last: .hang) {
            $0.totalTimeout = .seconds(12)
            $0.retry.jitter = .none
        }
        let witness = Witness()
        let error = try rig.run { rig async throws in
            await rig.end(APIRequest(.get, "/a"), observer: witness)
        }.error
        #expect(error?.code == .timeout)
        #expect(rig.sends == [0, 5_100 * millisecond, 10_300 * millisecond])
        #expect(
            rig.transport.attempts.map(\.request.timeout) == [
                5 * second, 5 * second, 1_700 * millisecond,
            ])
        #expect(rig.now == 12 * second)
        // It says nothing about the upstream that it did not answer in less than its time.
        #expect(witness.verdicts == [.failure, .failure, .neutral])
    }

    @Test func `a wait past the deadline fails with the code of the last failure`() throws {
        let rig = try Rig([.hang], last: .status(503, after: .milliseconds(100))) {
            $0.totalTimeout = .milliseconds(5_250)
            $0.retry.jitter = .none
        }
        let error = try rig.run { rig in await rig.end(APIRequest(.get, "/a")) }.error
        #expect(error?.code == .serverError)
        #expect(error?.statusCode == 503)
        #expect(rig.now == 5_200 * millisecond)
        #expect(rig.sends.count == 2)
    }

    @Test(arguments: [Jitter.full, .equal, .decorrelated])
    func `a delay at the cap varies and never exceeds it, after 2 000 failures too`(
        jitter: Jitter
    ) throws {
        let rig = try Rig([], last: .status(503)) {
            $0.retry.retriesMax = 2_000
            $0.retry.jitter = jitter
            $0.totalTimeout = .seconds(100_000)
            $0.breaker.isEnabled = false
        }
        let witness = Witness()
        let error = try rig.run { rig async throws in
            await rig.end(APIRequest(.get, "/a"), observer: witness)
        }.error
        #expect(error?.code == .serverError)
        #expect(rig.sends.count == 2_001)
        let delays = zip(rig.sends, rig.sends.dropFirst()).map { $1 - $0 }
        #expect(delays.allSatisfy { $0 >= 0 && $0 <= 5 * second })
        #expect(Set(delays.suffix(100)).count > 90)
        for (start, wait) in witness.waits {
            #expect(wait.reason == .backoff)
            #expect(wait.upper - start <= 5 * second)
            #expect((wait.lower...wait.upper).contains(wait.until))
        }
    }

    @Test(arguments: 0..<16 as Range<UInt64>)
    func `decorrelated jitter stays between the base and three times the delay before`(
        seed: UInt64
    ) throws {
        let rig = try Rig([], last: .status(503), seed: seed) {
            $0.retry.retriesMax = 40
            $0.retry.jitter = .decorrelated
            $0.totalTimeout = .seconds(1_000)
            $0.breaker.isEnabled = false
        }
        try rig.run { rig in _ = await rig.end(APIRequest(.get, "/a")) }
        let base = 100 * millisecond
        var previous = base
        for delay in zip(rig.sends, rig.sends.dropFirst()).map({ $1 - $0 }) {
            #expect(delay >= base && delay <= min(5 * second, 3 * previous))
            previous = delay
        }
    }

    @Test func `requests of one client draw different jitter, and the same again in another run`()
        throws
    {
        func sends(seed: UInt64) throws -> [Int64] {
            let rig = try Rig([], last: .status(503), seed: seed)
            try rig.run { rig async throws in
                _ = await rig.ends(of: (0..<3).map { APIRequest(.delete, "/a\($0)") })
            }
            return rig.sends
        }
        let first = try sends(seed: 1)
        #expect(try sends(seed: 1) == first)
        #expect(try sends(seed: 2) != first)
        #expect(Set(first.dropFirst(3)).count == first.count - 3)
    }
}
