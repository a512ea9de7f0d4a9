import APIClient
import HTTPTypes
import Testing
import WindtunnelTesting

@Suite("The stale fallback") struct StaleFallbackTests {
    private static let get = APIRequest(.get, "/a")

    /// A first answer that is fresh for 10 s and usable for 100 s more, then `reply`.
    private func rig(_ reply: ScriptedReply) throws -> Rig {
        try Rig([.status(200, fields: [.cacheControl: "max-age=10"], body: "7")], last: reply) {
            $0.cache.staleIfError = .seconds(100)
        }
    }

    private static func warm(_ rig: Rig, then instant: Int64) async throws {
        _ = try await rig.client.get("/a")
        await rig.sleep(until: instant)
    }

    @Test(arguments: [ScriptedReply.hang, .failure(.connectTimedOut), .status(408)])
    func `answers after a timeout with retries exhausted, marked as what it is`(
        reply: ScriptedReply
    ) throws {
        let rig = try rig(reply)
        try rig.run { rig async throws in
            try await Self.warm(rig, then: 20 * second)
            let response = try await rig.client.get("/a")
            #expect(response.cached && response.isStale)
            #expect(try response.data() == 7)
        }
        #expect(rig.sends.count == 1 + 4)
    }

    @Test(arguments: [
        ScriptedReply.status(500), .status(429), .status(401), .failure(.connectionRefused),
        .failure(.connectionReset),
    ])
    func `is for timeouts only`(reply: ScriptedReply) throws {
        let rig = try rig(reply)
        try rig.run { rig async throws in
            try await Self.warm(rig, then: 20 * second)
            let end = await rig.end(Self.get)
            #expect(end.error != nil && end.error?.code != .timeout)
        }
    }

    @Test func `is not for an open breaker`() throws {
        let rig = try rig(.status(500))
        try rig.run { rig async throws in
            try await Self.warm(rig, then: 20 * second)
            for _ in 0..<3 { _ = await rig.end(Self.get) }
            #expect(await rig.end(Self.get).error?.code == .circuitBreakerOpen)
        }
    }

    @Test func `is not beyond stale_if_error`() throws {
        for (instant, isServed) in [(110 * second - 1, true), (110 * second, false)] {
            let rig = try Rig(
                [.status(200, fields: [.cacheControl: "max-age=10"], body: "7")],
                last: .status(408)
            ) {
                $0.cache.staleIfError = .seconds(100)
                $0.retry.isEnabled = false
            }
            try rig.run { rig async throws in
                try await Self.warm(rig, then: instant)
                let end = await rig.end(Self.get)
                #expect(end.response?.isStale == (isServed ? true : nil))
                #expect(end.error?.code == (isServed ? nil : .timeout))
            }
        }
    }

    @Test func `is not for an answer that asks to be revalidated`() throws {
        let fresh = "max-age=10, must-revalidate"
        let rig = try Rig([.status(200, fields: [.cacheControl: fresh], body: "7")], last: .hang)
        try rig.run { rig async throws in
            try await Self.warm(rig, then: 10 * second - 1)
            #expect(try await rig.client.get("/a").cached)
            await rig.sleep(until: 10 * second)
            #expect(await rig.end(Self.get).error?.code == .timeout)
        }
    }

    @Test func `is measured when it is served, not when the request began`() throws {
        let rig = try rig(.hang)
        try rig.run { rig async throws in
            try await Self.warm(rig, then: 105 * second)
            #expect(await rig.end(Self.get).error?.code == .timeout)
        }
    }

    @Test func `an entry that a write has dropped is none`() throws {
        let rig = try Rig(
            configure: { $0.retry.isEnabled = false },
            reply: { request, index in
                index == 0
                    ? .status(200, fields: [.cacheControl: "max-age=10"])
                    : request.method == .get ? .hang : .status(200)
            })
        try rig.run { rig async throws in
            try await Self.warm(rig, then: 20 * second)
            async let read = rig.end(Self.get)
            await rig.sleep(for: second)
            _ = try await rig.client.delete("/a")
            #expect(await read.error?.code == .timeout)
        }
    }

    @Test func `a request that does not want the cache gets none`() throws {
        let rig = try rig(.hang)
        try rig.run { rig async throws in
            try await Self.warm(rig, then: 20 * second)
            let end = await rig.end(APIRequest(.get, "/a", useCache: false))
            #expect(end.error?.code == .timeout)
        }
    }

    @Test func `a stale entry is asked for anew first, and refreshed by a success`() throws {
        let rig = try rig(.status(200, body: "8"))
        try rig.run { rig async throws in
            try await Self.warm(rig, then: 20 * second)
            let response = try await rig.client.get("/a")
            #expect(!response.cached && !response.isStale)
            #expect(try await rig.client.get("/a").data() == 8)
        }
        #expect(rig.sends.count == 2)
    }
}
