import APIClient
import CurlTransport
import HTTPTypes
import Testing

@Suite("HTTP/2, against nghttpd", .timeLimit(.minutes(1))) struct HTTP2Tests {
    private let trusting: CurlConfiguration

    init() throws {
        trusting = CurlConfiguration(
            authorityFile: try Certificates.shared.get().path("authority.pem"))
    }

    @Test func `it is spoken where it is offered`() throws {
        let server = try Server.nghttpd(["thing": "{}"])
        let loop = try CurlLoop(trusting)
        for _ in 0..<3 {
            let answer = try loop.end(of: secureGet(server.port, "/thing"))
            #expect(answer.response?.statusCode == 200, "\(answer)")
            #expect(answer.response?.body == Array("{}".utf8))
            #expect(answer.response?.headerFields[.contentLength] == "2")
        }
        #expect(try loop.end(of: secureGet(server.port, "/none")).response?.statusCode == 404)
        #expect(loop.sends == 4)
        // nghttpd speaks nothing else: without ALPN's h2 it closes the connection.
        var old = trusting
        old.httpVersion = .http1
        let answer = try CurlLoop(old).end(of: secureGet(server.port, "/thing"))
        #expect(answer.response == nil)
    }

    @Test func `many large answers at once all come, and cancelled ones leave the others alone`()
        throws
    {
        let server = try Server.nghttpd(["thing": String(repeating: "x", count: 100_000)])
        let loop = try CurlLoop(trusting)
        #expect(try loop.end(of: secureGet(server.port, "/thing")).response != nil)
        let transfers = (0..<50).map { _ in loop.begin(secureGet(server.port, "/thing")) }
        loop.turn()
        for transfer in transfers.prefix(10) { loop.cancel(transfer.id) }
        try loop.turn { transfers.dropFirst(10).allSatisfy { $0.outcome.answer != nil } }
        for transfer in transfers.prefix(10) where transfer.outcome.answer != nil {
            // It had ended before it was cancelled.
            #expect(transfer.outcome.answer?.response?.body.count == 100_000)
        }
        for transfer in transfers.dropFirst(10) {
            #expect(transfer.outcome.answer?.response?.body.count == 100_000)
        }
        #expect(loop.underWay == 0)
    }
}
