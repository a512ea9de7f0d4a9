import HTTPTypes
import MockUpstream
import Testing
import Upstream

/// Answers may be late on a busy machine but must never be early.
@Suite struct PaceTests {
    private static let second: Int64 = 1_000_000_000
    private static let tolerance: Int64 = 500_000_000

    private static func source(
        _ ending: Decision.Ending, delay: Int64, bodyTime: Int64 = 0,
        pace: Performance.Pace = .real
    ) -> FixedSource {
        FixedSource { _ in
            var decision = Decision(ending: ending, delay: delay)
            decision.bodyTime = bodyTime
            return Performance(decision: decision, pace: pace)
        }
    }

    @Test(
        "A delay passes from the arrival on, for answers and for what breaks",
        arguments: [
            .answer(.json), .broken(.reset, .json), .broken(.truncated, .json),
        ] as [Decision.Ending])
    func delayPasses(_ ending: Decision.Ending) throws {
        let source = Self.source(ending, delay: Self.second / 10)
        let server = try MockUpstreamServer(.init(), source: source)
        defer { server.stop() }
        let client = try RawClient(port: server.port)
        client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        _ = client.read()
        client.close()
        let end = try #require(source.ends(1).first)
        #expect(end.cause == .performed)
        #expect(end.decidedDelay == Self.second / 10)
        #expect((Self.second / 10..<Self.second / 10 + Self.tolerance).contains(end.delay))
    }

    @Test("At once no delay is spent, and a hang is parked and told of")
    func atOnce() throws {
        let source = Self.source(.answer(.json), delay: 60 * Self.second, pace: .atOnce)
        let server = try MockUpstreamServer(.init(), source: source)
        defer { server.stop() }
        let outcome = try CurlProgram.run(["http://127.0.0.1:\(server.port)/"])
        #expect(outcome.output == Answer.jsonText)
        #expect(try #require(source.ends(1).first).delay < Self.tolerance)
    }

    @Test("A slow body comes in pieces, from the end of the delay before it", arguments: [200, 21])
    func bodyTrickles(bytes: Int) throws {
        let body = Array(repeating: UInt8(ascii: "x"), count: bytes)
        let source = Self.source(
            .answer(Answer(status: 200, fields: [:], body: body)), delay: Self.second / 5,
            bodyTime: Self.second / 5)
        let server = try MockUpstreamServer(.init(), source: source)
        defer { server.stop() }
        let client = try RawClient(port: server.port)
        client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        var pieces = 0
        var text = ""
        while !text.hasSuffix(String(decoding: body, as: UTF8.self)), let more = client.read(),
            !more.isEmpty
        {
            text += more
            pieces += 1
        }
        #expect(pieces > 4)
        let end = try #require(source.ends(1).first)
        #expect((Self.second / 5..<Self.second / 5 + Self.tolerance).contains(end.delay))
        #expect(end.bytes == bytes)
        // The connection is as good as before.
        client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(client.read(through: "xx").hasPrefix("HTTP/1.1 200 OK"))
    }

    @Test("A body that breaks in its middle trickles up to there")
    func brokenBodyTrickles() throws {
        let body = Array(repeating: UInt8(ascii: "x"), count: 200)
        let source = Self.source(
            .broken(.truncated, Answer(status: 200, fields: [:], body: body)),
            delay: Self.second / 5, bodyTime: Self.second / 5)
        let server = try MockUpstreamServer(.init(), source: source)
        defer { server.stop() }
        let client = try RawClient(port: server.port)
        client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        var pieces: [String] = []
        while let more = client.read(), !more.isEmpty { pieces.append(more) }
        #expect(pieces.count > 4)
        #expect(pieces.joined().hasSuffix("\r\n\r\n" + String(repeating: "x", count: 100)))
        let end = try #require(source.ends(1).first)
        #expect(end.cause == .performed)
        #expect((Self.second / 5..<Self.second / 5 + Self.tolerance).contains(end.delay))
    }

    @Test("A client that goes away ends its wait", arguments: [true, false])
    func clientLeaves(hangs: Bool) throws {
        let source = Self.source(
            hangs ? .hang(beforeRequest: false) : .answer(.json),
            delay: hangs ? 0 : 60 * Self.second)
        let server = try MockUpstreamServer(.init(), source: source)
        defer { server.stop() }
        let client = try RawClient(port: server.port)
        client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(eventually { !source.remembered.requests.isEmpty })
        client.close()
        let end = try #require(source.ends(1).first)
        #expect(end.cause == .clientLeft)
        #expect(source.remembered.parked == (hangs ? [1] : []))
        #expect(end.decidedDelay == (hangs ? 0 : 60 * Self.second))
    }

    @Test("Driven by its owner it does everything in turns, and has no thread")
    func driven() throws {
        let source = FixedSource { request in
            Performance(
                decision: Decision(
                    ending: request.target == "/hang"
                        ? .hang(beforeRequest: false) : .answer(.json),
                    delay: Self.second), pace: .atOnce)
        }
        let server = try MockUpstreamServer(.init(mode: .driven, idleTimeout: nil), source: source)
        defer { server.stop() }
        #expect(!server.turn())
        let client = try RawClient(port: server.port)
        client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        while server.requestCount == 0 { server.turn() }
        #expect(client.read(through: Answer.jsonText).hasPrefix("HTTP/1.1 200"))
        client.send("GET /hang HTTP/1.1\r\nHost: a\r\n\r\n")
        while source.remembered.parked.isEmpty { server.turn() }
        client.close()
        while source.remembered.ends.count < 2 { server.turn() }
        #expect(source.remembered.ends.map(\.cause) == [.performed, .clientLeft])
        #expect(server.openConnectionCount == 0)
    }
}
