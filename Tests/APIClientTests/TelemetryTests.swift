import APIClient
import HTTPTypes
import MetricsTestKit
import SimulatedClient
import Testing
import WindtunnelTesting

@Suite("What the client tells its operators") struct TelemetryTests {
    @Test func `the correlation id is in header, log lines, answer and error`() throws {
        let rig = try Rig([.status(503)], last: .status(501))
        let error = try #require(
            try rig.run { rig in await rig.end(APIRequest(.delete, "/a")) }.error)
        let id = error.correlationID.description
        #expect(id.utf8.count == 32)
        #expect(id.utf8.allSatisfy { "0123456789abcdef".utf8.contains($0) })
        #expect(rig.transport.attempts.map { $0.headerFields[.requestID] } == [id, id])
        #expect(rig.lines.count == 2)
        #expect(rig.lines.allSatisfy { $0.metadata["correlation_id"] == id })
        #expect(error.description.contains(id))

        let other = try Rig([])
        let response = try other.run { rig in try await rig.client.delete("/a") }
        let sent = other.transport.attempts[0].headerFields[.requestID]
        #expect(sent == response.correlationID.description)
        #expect(other.lines.map { $0.metadata["correlation_id"] } == [sent])
    }

    @Test func `an answer is one line with endpoint, method, status and time`() throws {
        let rig = try Rig([.status(204, after: .milliseconds(30))])
        try rig.run { rig in _ = try await rig.client.delete("/v1/users", headers: ["X-A": "1"]) }
        let line = try #require(rig.lines.first)
        #expect(rig.lines.count == 1)
        #expect(line.level == "info")
        #expect(line.text == "request answered")
        var metadata = line.metadata
        metadata["correlation_id"] = nil
        #expect(
            metadata == [
                "endpoint": "/v1/users", "method": "DELETE", "status": "204", "cached": "false",
                "ms": "30",
            ])
    }

    @Test(
        arguments: [
            (.status(401), "critical"), (.status(501), "error"), (.hang, "error"),
            (.status(429), "error"),
        ] as [(ScriptedReply, String)])
    func `a failure is logged at the level that the catalogue's alert asks for`(
        reply: ScriptedReply, level: String
    ) throws {
        let rig = try Rig([], last: reply) { $0.retry.isEnabled = false }
        let error = try #require(
            try rig.run { rig in await rig.end(APIRequest(.delete, "/a")) }.error)
        let line = try #require(rig.lines.last)
        #expect(line.level == level)
        #expect(line.text == "request failed: \(error)")
        #expect(line.metadata["code"] == error.code.description)
        #expect(line.metadata["origin"] == "upstream")
    }

    @Test func `a caller's own slip and a cancellation are no alert`() throws {
        let rig = try Rig([], last: .hang)
        try rig.run { rig async throws in
            _ = await rig.end(APIRequest(.delete, "nope"))
            _ = await rig.end(APIRequest(.delete, "/a"), cancelledAfter: second)
        }
        #expect(rig.lines.map(\.level) == ["info", "info"])
    }

    @Test func `retries and transitions of the breaker are logged`() throws {
        let rig = try Rig([], last: .status(500)) {
            $0.retry.retriesMax = 9
            $0.retry.jitter = .none
        }
        try rig.run { rig in _ = await rig.end(APIRequest(.delete, "/a")) }
        #expect(
            rig.lines.map(\.text).prefix(6) == [
                "retrying after status 500", "retrying after status 500",
                "retrying after status 500", "retrying after status 500",
                "circuit breaker closed -> open", "retrying after status 500",
            ])
        #expect(rig.lines.prefix(6).map(\.level).filter { $0 == "notice" }.count == 5)
        let opening = rig.lines[4]
        #expect(opening.level == "error")
        #expect(opening.metadata["failures"] == "5")
        #expect(opening.metadata["total"] == "5")
        #expect(rig.lines[0].metadata["wait_ms"] == "100")
        #expect(rig.lines[0].metadata["reason"] == "backoff")
    }

    @Test func `metrics count requests by their ending, attempts, retries and transitions`() throws
    {
        let rig = try Rig(
            configure: {
                $0.retry.retriesMax = 1
                $0.requestTimeout = .seconds(1)
            },
            reply: { _, index in
                switch index {
                case 0: .status(503, after: .milliseconds(10))
                case 1: .status(200, after: .milliseconds(10), fields: [.cacheControl: "max-age=5"])
                default: .hang
                }
            })
        try rig.run { rig async throws in
            _ = try await rig.client.get("/a")
            _ = try await rig.client.get("/a")
            await rig.sleep(until: 100 * second)
            #expect(try await rig.client.get("/a").isStale)
            _ = await rig.end(APIRequest(.delete, "/b"))
            _ = await rig.end(APIRequest(.delete, "/b"))
        }
        func count(_ label: String, _ ending: String? = nil) throws -> Int64 {
            try rig.metrics.expectCounter(label, ending.map { [("ending", $0)] } ?? []).totalValue
        }
        #expect(try count("api_client_requests_total", "fresh") == 1)
        #expect(try count("api_client_requests_total", "cached") == 1)
        #expect(try count("api_client_requests_total", "stale") == 1)
        #expect(try count("api_client_requests_total", "failed") == 2)
        // 2 answered, then 2 + 2 + 1 that hang: the fifth failure of the window opens the breaker.
        #expect(try count("api_client_attempts_total") == 7)
        #expect(try count("api_client_retries_total") == 4)
        #expect(try count("api_client_breaker_transitions_total") == 1)
        let timer = try rig.metrics.expectTimer("api_client_request_duration")
        #expect(timer.values.count == 5)
        #expect(timer.values[1] == 0)
        #expect(timer.values[0] >= 20 * millisecond)
    }

    @Test func `nothing is logged or counted where nobody asked for it`() throws {
        let rig = try Rig([])
        let client = try APIClient(
            configuration: rig.client.configuration, transport: rig.transport, in: rig.simulation)
        try rig.run { _ in _ = try await client.delete("/a") }
        #expect(rig.lines.isEmpty)
    }

    @Test(arguments: [false, true])
    func `DEBUG_MODE writes every step at level debug`(isOn: Bool) throws {
        let rig = try Rig([.status(503, after: .milliseconds(2))]) {
            $0.isVerbose = isOn
            $0.retry.jitter = .none
        }
        try rig.run { rig async throws in
            _ = try await rig.client.get("/a")
            _ = try await rig.client.get("/a")
        }
        let steps = rig.lines.filter { $0.level == "debug" }
        #expect(
            steps.map(\.text)
                == (isOn
                    ? [
                        "cache miss", "admitted by the breaker",
                        "attempt 1 started, timeout 5000 ms",
                        "attempt 1 ended with status 503, failure to the breaker",
                        "waiting for backoff, 100 ms at the most", "admitted by the breaker",
                        "attempt 2 started, timeout 5000 ms",
                        "attempt 2 ended with status 200, success to the breaker",
                        "cached for 300000 ms", "cache hit, 0 ms old",
                    ] : []))
        #expect(steps.allSatisfy { $0.metadata["correlation_id"]?.utf8.count == 32 })
        #expect(steps.allSatisfy { $0.metadata["endpoint"] == "/a" })
    }
}
