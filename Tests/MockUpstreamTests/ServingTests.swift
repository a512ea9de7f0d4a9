import HTTPTypes
import MockUpstream
import Testing
import Upstream

/// Checks the bytes on the wire when there is no fault.
@Suite struct ServingTests {
    private static func answering(_ answer: Answer) -> FixedSource { FixedSource(.answer(answer)) }

    @Test("An answer has the model's fields and what framing needs, nothing else")
    func answerIsExact() throws {
        let source = Self.answering(
            Answer(
                status: 503,
                fields: [
                    .retryAfter: "5", .date: "Thu, 01 Jan 2026 00:00:00 GMT",
                    .contentLength: "99", .connection: "close",
                ], body: Array("later".utf8)))
        let server = try MockUpstreamServer(.init(), source: source)
        defer { server.stop() }
        let client = try RawClient(port: server.port)
        client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        let lines = client.read(through: "later").split(separator: "\r\n").map(String.init)
        #expect(lines.first == "HTTP/1.1 503 Service Unavailable")
        #expect(
            Set(lines.dropFirst()) == [
                "Retry-After: 5", "Date: Thu, 01 Jan 2026 00:00:00 GMT", "Content-Length: 5",
                "later",
            ])
    }

    @Test("What has no body has none", arguments: [("HEAD", 200), ("GET", 204), ("GET", 304)])
    func noBody(method: String, status: Int) throws {
        let source = FixedSource { request in
            Performance(
                decision: Decision(
                    ending: .answer(
                        Answer(
                            status: request.target == "/last" ? 200 : status, fields: [:],
                            body: Array("body".utf8))), delay: 0), pace: .atOnce)
        }
        let server = try MockUpstreamServer(.init(), source: source)
        defer { server.stop() }
        let client = try RawClient(port: server.port)
        // The next answer on the same connection begins where the first one's header ended.
        client.send("\(method) / HTTP/1.1\r\nHost: a\r\n\r\n")
        let header = client.read(through: "\r\n\r\n")
        #expect(header.hasPrefix("HTTP/1.1 \(status) "))
        client.send("GET /last HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(client.read(through: "body").hasPrefix("HTTP/1.1 200 OK"))
    }

    @Test("A request arrives as it was sent")
    func requestIsExact() throws {
        let source = Self.answering(.json)
        let server = try MockUpstreamServer(.init(), source: source)
        defer { server.stop() }
        let outcome = try CurlProgram.run([
            "-X", "PATCH", "-H", "X-Exchange: 12", "-H", "x-twice: a", "-H", "X-Twice: b",
            "--path-as-is", "--data-binary", String(repeating: "z", count: 100_000),
            "http://127.0.0.1:\(server.port)/a%20b/../c?q=%2F&r",
        ])
        #expect(outcome.exitCode == 0)
        let request = try #require(source.remembered.requests.first)
        #expect(request.method == .patch)
        #expect(request.target == "/a%20b/../c?q=%2F&r")
        #expect(request.body == Array(repeating: UInt8(ascii: "z"), count: 100_000))
        let twice = try #require(HTTPField.Name("x-twice"))
        #expect(request.headerFields[values: twice] == ["a", "b"])
        #expect(request.header.first("x-exchange") == "12")
        #expect(request.header.first("x-exchang") == nil)
        #expect(request.peer == .unknown)
        #expect(server.requestCount == 1)
    }

    @Test("A body that comes in chunks is put together")
    func chunkedRequest() throws {
        let source = Self.answering(.json)
        let server = try MockUpstreamServer(.init(), source: source)
        defer { server.stop() }
        let client = try RawClient(port: server.port)
        client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n")
        client.send("2\r\nde\r\n0\r\n\r\n")
        #expect(client.read(through: Answer.jsonText).hasPrefix("HTTP/1.1 200"))
        #expect(source.remembered.requests.map(\.body) == [Array("abcde".utf8)])
    }

    @Test(
        "A connection that is kept alive outlives whatever happens on others",
        arguments: FaultKindTests.kinds)
    func othersGoOn(_ kind: FaultKindTests.Kind) throws {
        let source = FixedSource { request in
            Performance(
                decision: Decision(
                    ending: request.target == "/fine" ? .answer(.json) : kind.ending, delay: 0),
                pace: .real)
        }
        let server = try MockUpstreamServer(.init(), source: source)
        defer { server.stop() }
        let client = try RawClient(port: server.port)
        for _ in 0..<3 {
            client.send("GET /fine HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(client.read(through: Answer.jsonText).hasPrefix("HTTP/1.1 200 OK"))
            let other = try server.port(for: kind.ending)
            _ = try CurlProgram.run(["http://127.0.0.1:\(other)/"], secondsMax: "0.2")
        }
        #expect(client.send("GET /fine HTTP/1.1\r\nHost: a\r\n\r\n"))
        #expect(client.read(through: Answer.jsonText).hasPrefix("HTTP/1.1 200 OK"))
    }

    @Test("The control API answers before the source is asked")
    func controlAPI() throws {
        let attempts = AttemptLines(linesMax: 2)
        for number in 1...3 { attempts.append(#"{"n":\#(number)}"#) }
        let control = ControlAPI(time: { 1_500 }, attempts: attempts)
        let source = Self.answering(.json)
        let server = try MockUpstreamServer(.init(control: control), source: source)
        defer { server.stop() }
        let base = "http://127.0.0.1:\(server.port)"
        func get(_ path: String) throws -> String {
            try CurlProgram.run([base + path]).output
        }
        #expect(try get("/") == Answer.jsonText)
        #expect(
            try get("/.windtunnel/health") == #"{"status":"ok","connections":1,"requests":1}"#)
        #expect(try get("/.windtunnel/time") == #"{"nanoseconds":1500}"#)
        #expect(try get("/.windtunnel/attempts") == "{\"n\":2}\n{\"n\":3}\n")
        #expect(try get("/.windtunnel/attempts?after=2") == "{\"n\":3}\n")
        #expect(try get("/.windtunnel/attempts?after=9") == "")
        for query in ["since=2", "after=", "after=+2", "after=-0", "after=0x2"] {
            #expect(try get("/.windtunnel/attempts?\(query)").hasPrefix(#"{"error""#))
        }
        #expect(try get("/.windtunnel/").hasPrefix(#"{"error""#))
        let post = try CurlProgram.run([
            "-d", "x", "-w", "%{http_code}", base + "/.windtunnel/time",
        ])
        #expect(post.output.hasSuffix("405"))
        #expect(source.remembered.requests.count == 1)
    }
}
