import APIClient
import CurlTransport
import Foundation
import HTTPTypes
import Testing

@Suite("Proxies", .timeLimit(.minutes(1))) struct ProxyTests {
    // Those that change the environment have a process of their own: it is the whole process's.

    @Test func `those of the environment are ignored`() async {
        await #expect(processExitsWith: .success) { try Self.ignoringTheEnvironment() }
    }

    @Test func `one that is chosen is used, whatever the environment excludes`() async {
        await #expect(processExitsWith: .success) { try Self.choosing() }
    }

    private static func ignoringTheEnvironment() throws {
        let proxy = try Peer([.read, answer("from the proxy"), .hang])
        let peer = try Peer([.read, answer("from the upstream"), .hang])
        defer { for peer in [proxy, peer] { peer.end() } }
        let names = ["http_proxy", "all_proxy", "ALL_PROXY", "https_proxy", "HTTPS_PROXY"]
        for name in names { unsafe setenv(name, "http://\(proxy.authority)", 1) }
        let response = try CurlLoop(CurlConfiguration()).end(of: get(peer)).get()
        try #require(response.body == Array("from the upstream".utf8))
        try #require(proxy.connections == 0)
    }

    private static func choosing() throws {
        let proxy = try Peer([.read, answer("from the proxy"), .hang])
        defer { proxy.end() }
        unsafe setenv("no_proxy", "*", 1)
        let configuration = CurlConfiguration(
            proxy: CurlProxy(
                url: "http://\(proxy.authority)", user: "me", password: Secret("staple")))
        let request = TransportRequest(
            .get, scheme: "http", authority: "api.example.com", target: "/v1")
        let response = try CurlLoop(configuration).end(of: request).get()
        try #require(response.body == Array("from the proxy".utf8))
        try #require(proxy.requests[0].hasPrefix("GET http://api.example.com/v1 HTTP/1.1\r\n"))
        // me:staple
        try #require(proxy.requests[0].contains("Proxy-Authorization: Basic bWU6c3RhcGxl\r\n"))
    }

    @Test func `one that lets nobody through to TLS is a failed connection`() throws {
        let proxy = try Peer([
            .read, .write("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n"), .hang,
        ])
        defer { proxy.end() }
        let loop = try CurlLoop(
            CurlConfiguration(proxy: CurlProxy(url: "http://\(proxy.authority)")))
        let request = TransportRequest(.get, authority: "api.example.com", target: "/")
        let answer = try loop.end(of: request)
        #expect(answer.code == .connectionFailed, "\(answer)")
        #expect(answer.error?.neverReachedUpstream == true)
        #expect(proxy.requests[0].hasPrefix("CONNECT api.example.com:443 HTTP/1.1\r\n"))
        #expect(loop.sends == 0)
    }
}
