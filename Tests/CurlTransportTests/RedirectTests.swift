import APIClient
import CurlTransport
import HTTPTypes
import Testing

@Suite("Redirects", .timeLimit(.minutes(1))) struct RedirectTests {
    private func redirect(_ status: String, to location: String) -> Peer.Step {
        answer("elsewhere", status: status, fields: "Location: \(location)\r\n")
    }

    @Test func `none is followed unless asked for`() throws {
        let peer = try Peer([.read, redirect("302 Found", to: "/there"), .hang])
        defer { peer.end() }
        let response = try CurlLoop(CurlConfiguration()).end(of: get(peer)).get()
        #expect(response.statusCode == 302)
        #expect(response.body == Array("elsewhere".utf8))
        #expect(peer.requests.count == 1)
    }

    @Test(arguments: [
        ("301 Moved", HTTPRequest.Method.post, "GET"), ("302 Found", .post, "GET"),
        ("303 See Other", .post, "GET"), ("303 See Other", .put, "GET"),
        ("301 Moved", .put, "PUT"), ("307 Temporary Redirect", .post, "POST"),
        ("308 Permanent Redirect", .post, "POST"),
    ])
    func `the next request is what the status says, and is counted`(
        status: String, method: HTTPRequest.Method, next: String
    ) throws {
        let peer = try Peer([
            .read, redirect(status, to: "/there?x=1"), .read, answer("{}"), .hang,
        ])
        defer { peer.end() }
        let loop = try CurlLoop(CurlConfiguration(redirectsMax: 1))
        let request = TransportRequest(
            method, scheme: "http", authority: peer.authority, target: "/here",
            body: Array("{\"a\":1}".utf8))
        #expect(try loop.end(of: request).get().body == Array("{}".utf8))
        #expect(loop.sends == 2)
        #expect(peer.requests.count == 2)
        #expect(peer.requests[1].hasPrefix("\(next) /there?x=1 HTTP/1.1\r\n"))
        #expect(peer.requests[1].hasSuffix("{\"a\":1}") == (next != "GET"))
    }

    @Test func `the redirect beyond the last one is the answer`() throws {
        let steps: [Peer.Step] = [.read, redirect("302 Found", to: "/again")]
        let peer = try Peer(steps + steps + steps + [.hang])
        defer { peer.end() }
        let loop = try CurlLoop(CurlConfiguration(redirectsMax: 2))
        #expect(try loop.end(of: get(peer)).get().statusCode == 302)
        #expect(loop.sends == 3)
    }

    @Test func `credentials go to no other server`() throws {
        let other = try Peer([.read, answer("{}"), .hang])
        let peer = try Peer([
            .read, redirect("307 Temporary Redirect", to: "http://\(other.authority)/"), .hang,
        ])
        defer { for peer in [peer, other] { peer.end() } }
        let loop = try CurlLoop(CurlConfiguration(redirectsMax: 5))
        #expect(try loop.end(of: get(peer)).get().statusCode == 307)
        #expect(other.connections == 0)
        #expect(loop.sends == 1)
    }
}
