import APIClient
import CurlTransport
import HTTPTypes
import Testing

/// A broken answer over plain HTTP and the error that it must cause.
struct BrokenAnswer: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var steps: [Peer.Step]
    var code: TransportError.Code

    init(_ name: String, _ code: TransportError.Code, _ steps: Peer.Step...) {
        (testDescription, self.steps, self.code) = (name, steps, code)
    }

    static let all = [
        BrokenAnswer("reset", .connectionReset, .read, .reset),
        BrokenAnswer(
            "reset in mid-body", .connectionReset,
            .read, .write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"), .wait, .reset),
        BrokenAnswer(
            "truncated", .truncated,
            .read, .write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"), .finish),
        BrokenAnswer(
            "truncated chunks", .truncated,
            .read, .write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n"),
            .finish),
        BrokenAnswer(
            "headers cut after a line", .truncated,
            .read, .write("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"), .finish),
        BrokenAnswer(
            "headers cut in mid-line", .truncated,
            .read, .write("HTTP/1.1 200 OK\r\nContent-Type: te"), .finish),
        BrokenAnswer(
            "headers cut with a length", .truncated,
            .read, .write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n"), .finish),
        BrokenAnswer("empty", .empty, .read, .finish),
        BrokenAnswer("garbage", .malformed, .read, .write("!!! not HTTP at all\r\n\r\n"), .finish),
        BrokenAnswer(
            "bad chunk", .malformed,
            .read, .write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\nhalf\r\n"),
            .wait, .finish),
        BrokenAnswer(
            "two lengths", .malformed,
            .read, .write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{} "),
            .finish),
        BrokenAnswer(
            "two lengths in one field", .malformed,
            .read, .write("HTTP/1.1 200 OK\r\nContent-Length: 2, 3\r\n\r\n{} "), .finish),
        BrokenAnswer(
            "a length below zero", .malformed,
            .read, .write("HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\n{} "), .finish),
        BrokenAnswer(
            "a status of 999", .malformed,
            .read, .write("HTTP/1.1 999 OK\r\nContent-Length: 2\r\n\r\n{}"), .finish),
        BrokenAnswer(
            "a field without a name", .malformed,
            .read, .write("HTTP/1.1 200 OK\r\n: x\r\nContent-Length: 2\r\n\r\n{}"), .finish),
        BrokenAnswer(
            "bad gzip", .malformed, .read, answer("no gzip", fields: "Content-Encoding: gzip\r\n"),
            .finish),
        BrokenAnswer(
            "an unknown coding", .malformed,
            .read, answer("whatever", fields: "Content-Encoding: br\r\n"), .finish),
        BrokenAnswer(
            "one huge field", .tooLarge,
            .read,
            answer("{}", fields: "X-Huge: \(String(repeating: "x", count: 200_000))\r\n"), .finish),
        BrokenAnswer(
            "many fields", .tooLarge,
            .read,
            answer("{}", fields: String(repeating: "X-Many: 0123456789\r\n", count: 5_000)),
            .finish),
    ]
}

@Suite("Every failure of libcurl has one name", .timeLimit(.minutes(1))) struct ErrorTableTests {
    @Test("over plain HTTP, on a fresh connection", arguments: BrokenAnswer.all)
    func fresh(broken: BrokenAnswer) throws {
        let peer = try Peer(broken.steps)
        defer { peer.end() }
        let loop = try CurlLoop(CurlConfiguration())
        let transfer = loop.begin(get(peer))
        try loop.turn { !peer.requests.isEmpty }
        // What waits goes on once the client has seen what came before.
        for _ in 0..<10 { loop.wait(upTo: 5_000_000); loop.turn() }
        peer.release()
        try loop.turn { transfer.outcome.answer != nil }
        let answer = try #require(transfer.outcome.answer)
        #expect(answer.code == broken.code, "\(answer)")
        #expect(loop.sends == 1)
        #expect(answer.error?.neverReachedUpstream == false)
        #expect(loop.underWay == 0)
    }

    @Test("over plain HTTP, on a connection that was used before", arguments: BrokenAnswer.all)
    func reused(broken: BrokenAnswer) throws {
        // Were the request sent once more, the second connection would answer it.
        let peer = try Peer([.read, answer("{}")] + broken.steps, [.read, answer("{}")])
        defer { peer.end() }
        let loop = try CurlLoop(CurlConfiguration())
        #expect(try loop.end(of: get(peer)).response?.statusCode == 200)
        let transfer = loop.begin(get(peer))
        try loop.turn { peer.requests.count == 2 }
        for _ in 0..<10 { loop.wait(upTo: 5_000_000); loop.turn() }
        peer.release()
        try loop.turn { transfer.outcome.answer != nil }
        let answer = try #require(transfer.outcome.answer)
        #expect(answer.code == broken.code, "\(answer)")
        #expect(answer.error?.neverReachedUpstream == false)
        #expect(loop.sends == 2)
        #expect(peer.requests.count == 2)
        #expect(peer.connections == 1)
    }

    @Test func `a port on which nobody listens refuses`() throws {
        let port = try Peer.closedPort()
        let loop = try CurlLoop(CurlConfiguration())
        let request = TransportRequest(
            .get, scheme: "http", authority: "127.0.0.1:\(port)", target: "/")
        let answer = try loop.end(of: request)
        #expect(answer.code == .connectionRefused)
        #expect(answer.error?.neverReachedUpstream == true)
        #expect(loop.sends == 0)
    }
}
