import MockUpstream
import Testing
import Upstream

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Broken, slow, numerous and hostile clients must not affect the others.
@Suite struct HostileClientTests {
    private static func server(
        _ settings: MockUpstreamServer.Settings = .init()
    ) throws -> (MockUpstreamServer, FixedSource) {
        let source = FixedSource(.answer(.json))
        return (try MockUpstreamServer(settings, source: source), source)
    }

    private static func expectService(_ server: MockUpstreamServer) throws {
        let client = try RawClient(port: server.port)
        client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(client.read(through: Answer.jsonText).hasPrefix("HTTP/1.1 200"))
    }

    static let malformed = [
        "GET\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "\u{1}\u{2}\u{3}\r\n\r\n",
        "GET / HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: many\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
        "G@T / HTTP/1.1\r\nHost: a\r\n\r\n",
    ]

    @Test(
        "A malformed request is answered with 4xx or cut off, and never asked about",
        arguments: malformed)
    func malformedRequest(_ text: String) throws {
        let (server, source) = try Self.server()
        defer { server.stop() }
        let client = try RawClient(port: server.port)
        client.send(text)
        let answer = client.read() ?? ""
        let isRefused = ["HTTP/1.1 4", "HTTP/1.1 505"].contains { answer.hasPrefix($0) }
        #expect(answer.isEmpty || isRefused, "\(answer)")
        #expect(source.remembered.requests.isEmpty)
        try Self.expectService(server)
    }

    struct Oversized: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let request: String
        let status: String

        init(_ part: String, _ request: String, _ status: String) {
            (testDescription, self.request, self.status) = (part, request, status)
        }
    }

    @Test(
        "What is too large is answered with 4xx",
        arguments: [
            Oversized(
                "target",
                "GET /" + String(repeating: "a", count: 100_000) + " HTTP/1.1\r\nHost: a\r\n\r\n",
                "414"),
            Oversized(
                "header",
                "GET / HTTP/1.1\r\nHost: a\r\nX: " + String(repeating: "a", count: 100_000)
                    + "\r\n\r\n", "431"),
            Oversized(
                "announced body", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1001\r\n\r\n",
                "413"),
            Oversized(
                "body in chunks",
                "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                    + "3e9\r\n" + String(repeating: "b", count: 1_001) + "\r\n0\r\n\r\n", "413"),
        ])
    func oversized(_ each: Oversized) throws {
        let (server, source) = try Self.server(.init(bodyBytesMax: 1_000))
        defer { server.stop() }
        let client = try RawClient(port: server.port)
        client.send(each.request)
        #expect(client.read()?.hasPrefix("HTTP/1.1 \(each.status) ") == true)
        #expect(source.remembered.requests.isEmpty)
        try Self.expectService(server)
    }

    @Test(
        "Half-open connections take nobody's place, with a part of a request or none",
        arguments: ["", "GET / HT", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nfour"])
    func halfOpen(_ text: String) throws {
        let (server, source) = try Self.server(.init(connectionsMax: 4))
        defer { server.stop() }
        // More of them than there are places.
        let clients = try (0..<8).map { _ in
            let client = try RawClient(port: server.port)
            client.send(text)
            client.endSending()
            return client
        }
        try Self.expectService(server)
        // The server lets go of them; what of an answer came before does not matter.
        for client in clients { _ = client.readToEnd() }
        #expect(source.remembered.requests.count == 1)
    }

    @Test("A body as large as allowed is taken")
    func largestBody() throws {
        let (server, source) = try Self.server(.init(bodyBytesMax: 1_000))
        defer { server.stop() }
        let client = try RawClient(port: server.port)
        client.send(
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n"
                + String(repeating: "b", count: 1_000))
        #expect(client.read(through: Answer.jsonText).hasPrefix("HTTP/1.1 200"))
        #expect(source.remembered.requests.first?.body.count == 1_000)
    }

    @Test(
        "Clients that say nothing, or a byte at a time, are cut, and stop nobody meanwhile",
        arguments: [false, true])
    func slowClients(isTLS: Bool) throws {
        let (server, _) = try Self.server(
            .init(
                tls: isTLS ? Certificates.shared.made.tls() : nil, connectionsMax: 50,
                idleTimeout: .milliseconds(500)))
        defer { server.stop() }
        let silent = try (0..<20).map { _ in try RawClient(port: server.port) }
        let dripping = try (0..<20).map { _ in try RawClient(port: server.port) }
        for client in dripping { client.send(isTLS ? "\u{16}" : "G") }
        #expect(eventually { server.openConnectionCount == 40 })
        let url = "\(isTLS ? "https" : "http")://127.0.0.1:\(server.port)/"
        let outcome = try CurlProgram.run([
            "--cacert", Certificates.shared.files.authority, url,
        ])
        #expect(outcome.output == Answer.jsonText)
        #expect(
            eventually {
                for client in dripping { client.send("E") }
                return server.openConnectionCount == 0
            })
        for client in silent { #expect(client.readToEnd().isEmpty) }
    }

    @Test("At the limit who has waited longest makes room; who is served does not")
    func connectionLimit() throws {
        let source = FixedSource { request in
            Performance(
                decision: Decision(
                    ending: request.target == "/hang"
                        ? .hang(beforeRequest: false) : .answer(.json), delay: 0), pace: .real)
        }
        let server = try MockUpstreamServer(.init(connectionsMax: 3), source: source)
        defer { server.stop() }
        let served = try RawClient(port: server.port)
        served.send("GET /hang HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(eventually { source.remembered.parked.count == 1 })
        let silent = try (0..<2).map { _ in try RawClient(port: server.port) }
        #expect(eventually { server.openConnectionCount == 3 })
        try Self.expectService(server)
        #expect(silent[0].readToEnd() == "")
        #expect(source.remembered.ends.allSatisfy { $0.token != 1 })
        #expect(server.openConnectionCount <= 3)
    }

    @Test("Without descriptors callers wait outside, and are served once there are some")
    func noDescriptors() async {
        // In a process of its own, whose descriptors are few.
        await #expect(processExitsWith: .success) {
            let (server, _) = try Self.server(.init(mode: .driven))
            let waiting = try RawClient(port: server.port)
            waiting.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            var limit = rlimit()
            precondition(unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0)
            let before = limit.rlim_cur
            let next = dup(0)
            close(next)
            limit.rlim_cur = rlim_t(next)
            precondition(unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0)
            for _ in 0..<100 { server.turn() }
            precondition(server.connectionCount == 0)
            limit.rlim_cur = before
            precondition(unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0)
            let isServed = eventually {
                server.turn()
                return server.requestCount == 1
            }
            precondition(isServed)
            precondition(waiting.read(through: Answer.jsonText).hasPrefix("HTTP/1.1 200"))
            server.stop()
        }
    }

    @Test("A thousand connections are served at a time")
    func thousandConnections() throws {
        let (server, _) = try Self.server()
        defer { server.stop() }
        let clients = try (0..<1_000).map { _ in try RawClient(port: server.port) }
        for client in clients { client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n") }
        for client in clients {
            #expect(client.read(through: Answer.jsonText).hasPrefix("HTTP/1.1 200"))
        }
        #expect(server.openConnectionCount == 1_000)
        #expect(server.connectionCount == 1_000)
    }

    @Test("Random bytes stop nothing", arguments: 0..<8 as Range<UInt64>)
    func randomBytes(seed: UInt64) throws {
        let isTLS = seed % 2 == 1
        let (server, _) = try Self.server(
            .init(tls: isTLS ? Certificates.shared.made.tls() : nil, idleTimeout: .seconds(2)))
        defer { server.stop() }
        var random = SplitMix(state: seed)
        let pieces = [
            "GET / HTTP/1.1\r\n", "Host: a\r\n", "\r\n", "Content-Length: 5\r\n", "POST ", "\u{0}",
            "Transfer-Encoding: chunked\r\n", "ffffffffffffffff\r\n", "%00%zz",
            "Expect: 100-continue\r\n",
        ].map { Array($0.utf8) }
        for _ in 0..<150 {
            let client = try RawClient(port: server.port)
            var bytes: [UInt8] = []
            for _ in 0..<(1 + random.below(12)) {
                if random.below(2) == 0 {
                    bytes += pieces[random.below(pieces.count)]
                } else {
                    for _ in 0..<random.below(40) { bytes.append(UInt8(random.below(256))) }
                }
            }
            client.send(bytes)
        }
        let url = "\(isTLS ? "https" : "http")://127.0.0.1:\(server.port)/"
        let outcome = try CurlProgram.run(["--cacert", Certificates.shared.files.authority, url])
        #expect(outcome.output == Answer.jsonText)
        #expect(eventually { server.openConnectionCount == 0 })
    }
}

/// A small random generator with a seed that gives the same values on every platform.
private struct SplitMix {
    var state: UInt64
    mutating func below(_ bound: Int) -> Int {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return Int((word ^ (word >> 31)) % UInt64(bound))
    }
}
