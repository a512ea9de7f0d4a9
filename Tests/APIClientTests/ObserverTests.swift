import APIClient
import HTTPTypes
import Testing
import WindtunnelTesting

@Suite("Observers and feature flags") struct ObserverTests {
    /// A short description of each event with its instant in milliseconds.
    private static func words(_ witness: Witness) -> [String] {
        witness.events.map { instant, event in
            let word =
                switch event {
                case .cache(let cache): "\(cache)"
                case .waiting(let wait): "wait \(wait.reason.rawValue)"
                case .attemptStarted(let attempt, _): "start \(attempt)"
                case .attemptEnded(let attempt, let result, let counted):
                    "end \(attempt) \(result) \(counted.rawValue)"
                case .refusedByBreaker: "refused"
                case .refusedByLimiter: "over the limit"
                case .gaveUp(let reason): "gave up: \(reason.rawValue)"
                case .admittedByBreaker(let isProbe): isProbe ? "probe" : "admitted"
                case .breaker(let transition):
                    "\(transition.from.rawValue) to \(transition.to.rawValue)"
                }
            return "\(instant / millisecond) \(word)"
        }
    }

    @Test func `an observer is told each step in order, with its instant`() throws {
        let rig = try Rig([.status(503, after: .milliseconds(10)), .status(200)]) {
            $0.retry.jitter = .none
        }
        let witness = Witness(17)
        try rig.run { rig async throws in
            _ = try await rig.client.execute(APIRequest(.get, "/a"), observer: witness)
        }
        #expect(
            Self.words(witness) == [
                "0 miss", "0 admitted", "0 start 1", "10 end 1 answer(status: 503) failure",
                "10 wait backoff", "110 admitted", "110 start 2",
                "110 end 2 answer(status: 200) success", "110 stored(life: 300000000000)",
            ])
        #expect(rig.transport.attempts.allSatisfy { $0.request.call == CallID(request: 17) })
        #expect(rig.transport.attempts.allSatisfy { $0.request.observer === witness })
    }

    @Test func `an observer sees opening, refusal, probe and closing`() throws {
        let rig = try Rig(
            configure: { $0.retry.isEnabled = false },
            reply: { _, index in .status(index < 5 ? 500 : 200) })
        let witnesses = (0..<7).map { Witness($0) }
        try rig.run { rig async throws in
            for witness in witnesses {
                if witness.call.request == 6 { await rig.sleep(until: 30 * second) }
                _ = await rig.end(APIRequest(.delete, "/a"), observer: witness)
            }
        }
        #expect(
            Self.words(witnesses[4]).suffix(2) == ["0 closed to open", "0 gave up: not_retryable"])
        #expect(Self.words(witnesses[5]) == ["0 refused"])
        #expect(
            Self.words(witnesses[6]) == [
                "30000 open to half_open", "30000 probe", "30000 start 1",
                "30000 end 1 answer(status: 200) success", "30000 half_open to closed",
            ])
    }

    @Test func `the observer's number keys the request's chance`() throws {
        func sends(_ number: UInt64) throws -> [Int64] {
            let rig = try Rig([], last: .status(503))
            try rig.run { rig async throws in
                // Another request before it moves nothing.
                if number == 2 { _ = try? await rig.client.delete("nope") }
                _ = await rig.end(APIRequest(.delete, "/a"), observer: Witness(number))
            }
            return rig.sends
        }
        #expect(try sends(1) == sends(1))
        #expect(try sends(1) != sends(2))
    }

    @Test func `ENABLE_RETRY off sends once`() throws {
        let rig = try Rig([], last: .status(503)) { $0.retry.isEnabled = false }
        let error = try rig.run { rig in await rig.end(APIRequest(.get, "/a")) }.error
        #expect(error?.code == .serverError)
        #expect(rig.sends.count == 1)
    }

    @Test func `ENABLE_CACHING off sends every time, has no fallback and shares nothing`() throws {
        let rig = try Rig(
            [.status(200), .status(200, after: .seconds(1)), .status(200)], last: .hang
        ) {
            $0.cache.isEnabled = false
            $0.retry.isEnabled = false
        }
        try rig.run { rig async throws in
            _ = try await rig.client.get("/a")
            let ends = await rig.ends(of: [APIRequest(.get, "/a"), APIRequest(.get, "/a")])
            #expect(ends.allSatisfy { $0.response?.cached == false })
            #expect(await rig.end(APIRequest(.get, "/a")).error?.code == .timeout)
        }
        #expect(rig.sends.count == 4)
    }

    @Test func `the defaults are those of REQ-01 section 7`() {
        let configuration = APIClient.Configuration(baseURL: "https://api.example.com")
        #expect(configuration.requestTimeout == .milliseconds(5_000))
        #expect(configuration.retry.retriesMax == 3)
        #expect(configuration.breaker.failuresMin == 5)
        #expect(configuration.breaker.openDuration == .seconds(30))
        #expect(configuration.cache.timeToLive == .seconds(300))
        #expect(configuration.limiter.sendsPerMinute == 100)
        #expect(configuration.breaker.isEnabled)
        #expect(configuration.cache.isEnabled)
        #expect(configuration.retry.isEnabled)
        #expect(!configuration.isVerbose)
    }
}
