import APIClient
import CurlTransport
import HTTPTypes
import Testing

@Suite("What goes out and what comes in", .timeLimit(.minutes(1))) struct TransferTests {
    private func request(
        _ method: HTTPRequest.Method, _ peer: Peer, fields: HTTPFields = [:], body: String? = nil
    ) -> TransportRequest {
        TransportRequest(
            method, scheme: "http", authority: peer.authority, target: "/v1/../a%20b?q=1&r=",
            headerFields: fields, body: body.map { Array($0.utf8) })
    }

    @Test(
        arguments: [
            (.get, nil, nil), (.delete, nil, nil), (.options, nil, nil), (.post, "{}", "2"),
            (.put, "{}", "2"), (.patch, "[1]", "3"), (.post, nil, "0"), (.put, nil, "0"),
            (.patch, nil, "0"), (.get, "{}", "2"), (.delete, "{}", "2"),
        ] as [(HTTPRequest.Method, String?, String?)])
    func `method, target, fields and body go out as they are, and nothing else`(
        method: HTTPRequest.Method, body: String?, length: String?
    ) throws {
        let peer = try Peer([.read, answer("{}"), .read, answer("{}")])
        defer { peer.end() }
        let loop = try CurlLoop(CurlConfiguration(isDecompressing: false))
        let sent = request(
            method, peer, fields: [.authorization: "Bearer abc", HTTPField.Name("X-Empty")!: ""],
            body: body)
        for _ in 0..<2 {
            #expect(try loop.end(of: sent, adding: [HTTPField.Name("X-Own")!: "7"]).response != nil)
        }
        var expected = [
            "\(method.rawValue) /v1/../a%20b?q=1&r= HTTP/1.1", "Host: \(peer.authority)",
            "Authorization: Bearer abc", "X-Empty:", "X-Request-Id: \(sent.correlationID)",
            "Accept: application/json", "X-Own: 7",
        ]
        if body != nil { expected.append("Content-Type: application/json") }
        if let length { expected.append("Content-Length: \(length)") }
        for came in peer.requests {
            let parts = came.split(separator: "\r\n\r\n", maxSplits: 1)
            let lines = parts[0].split(separator: "\r\n").map(String.init)
            #expect(lines.sorted() == expected.sorted())
            #expect(parts.count == 1 || String(parts[1]) == body)
        }
        #expect(peer.requests.count == 2)
        #expect(peer.connections == 1)
    }

    @Test func `a large body goes out at once`() throws {
        let peer = try Peer([.read, answer("{}")])
        defer { peer.end() }
        let body = String(repeating: "x", count: 3_000_000)
        let loop = try CurlLoop(CurlConfiguration())
        #expect(try loop.end(of: request(.post, peer, body: body)).response != nil)
        let came = try #require(peer.requests.first)
        #expect(came.hasSuffix("\r\n\r\n" + body))
        #expect(!came.lowercased().contains("expect:"))
    }

    @Test func `fields come in as they are, in their order, folded ones as one line`() throws {
        let peer = try Peer([
            .read,
            .write(
                "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"
                    + "HTTP/1.1 201 Created\r\nX-A: 1\r\nx-a:2\r\nSet-Cookie: a=b; c\r\n"
                    + "X-Folded: one\r\n  two\r\nX-Empty:\r\nX-Latin: caf\u{e9}\r\n"
                    + "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\nX-Trailer: 3\r\n\r\n"),
        ])
        defer { peer.end() }
        let response = try CurlLoop(CurlConfiguration()).end(of: get(peer)).get()
        #expect(response.statusCode == 201)
        #expect(response.body == Array("{}".utf8))
        #expect(
            response.headerFields.map { "\($0.name.rawName)=\($0.value)" } == [
                "X-A=1", "x-a=2", "Set-Cookie=a=b; c", "X-Folded=one two", "X-Empty=",
                "X-Latin=caf\u{e9}", "Transfer-Encoding=chunked",
            ])
    }

    @Test(arguments: ["204 No Content", "304 Not Modified"])
    func `an answer without a body has none`(status: String) throws {
        let peer = try Peer([.read, .write("HTTP/1.1 \(status)\r\n\r\n"), .read, answer("{}")])
        defer { peer.end() }
        let loop = try CurlLoop(CurlConfiguration())
        #expect(try loop.end(of: get(peer)).get().body == [])
        #expect(try loop.end(of: get(peer)).get().body == Array("{}".utf8))
        #expect(peer.connections == 1)
    }

    @Test func `HEAD has the length of a body that does not come`() throws {
        let peer = try Peer([
            .read, .write("HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n"), .read, answer("{}"),
        ])
        defer { peer.end() }
        let loop = try CurlLoop(CurlConfiguration(bodySizeMax: 10))
        let response = try loop.end(of: request(.head, peer)).get()
        #expect(response.headerFields[.contentLength] == "999")
        #expect(response.body == [])
        #expect(try loop.end(of: get(peer)).get().body == Array("{}".utf8))
    }

    @Test func `equal lengths, and a body that ends with the connection, are no errors`() throws {
        let peer = try Peer(
            [.read, .write("HTTP/1.1 200 OK\r\nContent-Length: 2, 2\r\n\r\n{}"), .hang],
            [
                .read,
                .write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\n{}"),
                .hang,
            ],
            [.read, .write("HTTP/1.0 200 OK\r\n\r\n{}"), .finish])
        defer { peer.end() }
        for _ in 0..<3 {
            let answer = try CurlLoop(CurlConfiguration()).end(of: get(peer))
            #expect(answer.response?.body == Array("{}".utf8), "\(answer)")
        }
    }

    @Test(arguments: [0, 1, 63, 64, 65])
    func `a body may have as many bytes as the limit says`(size: Int) throws {
        let body = String(repeating: "x", count: size)
        let chunked =
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
            + (size == 0 ? "" : "\(String(size, radix: 16))\r\n\(body)\r\n") + "0\r\n\r\n"
        let peer = try Peer([.read, answer(body), .hang], [.read, .write(chunked), .hang])
        defer { peer.end() }
        for _ in 0..<2 {
            let answer = try CurlLoop(CurlConfiguration(bodySizeMax: 64)).end(of: get(peer))
            if size <= 64 {
                #expect(answer.response?.body.count == size, "\(answer)")
            } else {
                #expect(answer.code == .tooLarge, "\(answer)")
            }
        }
    }

    @Test(arguments: [false, true])
    func `a header may have as many bytes as the limit says`(isOneMore: Bool) throws {
        let head = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n"
        let rest = 1_000 - head.utf8.count - "X: \r\n\r\n".utf8.count + (isOneMore ? 1 : 0)
        let peer = try Peer([
            .read, .write("\(head)X: \(String(repeating: "x", count: rest))\r\n\r\n"), .hang,
        ])
        defer { peer.end() }
        let answer = try CurlLoop(CurlConfiguration(headerSizeMax: 1_000)).end(of: get(peer))
        #expect(answer.code == (isOneMore ? .tooLarge : nil))
    }

    @Test func `a transfer goes to the loopback port that it is aimed at, under its own name`()
        throws
    {
        let first = try Peer([.read, answer("first"), .read, answer("first again")])
        let second = try Peer([.read, answer("second")], [.read, answer("second, fresh")])
        defer { for peer in [first, second] { peer.end() } }
        let loop = try CurlLoop(CurlConfiguration())
        let request = TransportRequest(
            .get, scheme: "http", authority: "api.example.com", target: "/")
        func text(_ aim: CurlAim) throws -> String {
            String(decoding: try loop.end(of: request, aim: aim).get().body, as: UTF8.self)
        }
        #expect(try text(CurlAim(loopbackPort: first.port)) == "first")
        #expect(try text(CurlAim(loopbackPort: second.port)) == "second")
        #expect(
            try text(CurlAim(loopbackPort: second.port, needsFreshConnection: true))
                == "second, fresh")
        #expect(try text(CurlAim(loopbackPort: first.port)) == "first again")
        #expect(first.connections == 1)
        #expect(first.requests[0].contains("Host: api.example.com\r\n"))
    }
}
