import APIClient
import CurlTransport
import HTTPTypes
import Testing

@Suite("Decompression", .timeLimit(.minutes(1))) struct CompressionTests {
    // Of Python's zlib, for b"hello hello hello hello".
    static let plain = "hello hello hello hello"
    static let gzip: [UInt8] = [
        0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0xcb, 0x48, 0xcd, 0xc9, 0xc9,
        0x57, 0xc8, 0x40, 0x27, 0x01, 0xe3, 0x51, 0x3d, 0x8d, 0x17, 0x00, 0x00, 0x00,
    ]
    static let zlib: [UInt8] = [
        0x78, 0x9c, 0xcb, 0x48, 0xcd, 0xc9, 0xc9, 0x57, 0xc8, 0x40, 0x27, 0x01, 0x68, 0x03, 0x08,
        0xb1,
    ]
    static let bare: [UInt8] = [0xcb, 0x48, 0xcd, 0xc9, 0xc9, 0x57, 0xc8, 0x40, 0x27, 0x01]

    private func end(
        _ body: [UInt8], coding: String, _ configuration: CurlConfiguration = CurlConfiguration(),
        fields: HTTPFields = [:]
    ) throws -> (answer: Answer, request: String) {
        let peer = try Peer([
            .read,
            .write(
                "HTTP/1.1 200 OK\r\nContent-Encoding: \(coding)\r\n"
                    + "Content-Length: \(body.count)\r\n\r\n"), .bytes(body), .hang,
        ])
        defer { peer.end() }
        let request = TransportRequest(
            .get, scheme: "http", authority: peer.authority, target: "/", headerFields: fields)
        return (try CurlLoop(configuration).end(of: request), peer.requests.first ?? "")
    }

    @Test(arguments: [
        (gzip, "gzip"), (gzip, "x-gzip"), (gzip, "GZIP"), (zlib, "deflate"), (bare, "deflate"),
        (gzip + gzip, "gzip"), (Array(plain.utf8), "identity"), (gzip, "identity, gzip"),
    ])
    func `what was asked for is undone`(body: [UInt8], coding: String) throws {
        let (answer, request) = try end(body, coding: coding)
        let text = String(decoding: try answer.get().body, as: UTF8.self)
        #expect(text == (body.count == 2 * Self.gzip.count ? Self.plain + Self.plain : Self.plain))
        #expect(request.contains("\r\nAccept-Encoding: gzip, deflate\r\n"))
    }

    @Test func `a stream that is cut, damaged or followed by something else is malformed`() throws {
        var damaged = Self.gzip
        damaged[damaged.count - 6] ^= 1
        for body in [Array(Self.gzip.dropLast()), Array(Self.gzip.prefix(12)), damaged] {
            #expect(try end(body, coding: "gzip").answer.code == .malformed)
        }
        #expect(try end(Self.gzip + [1, 2, 3], coding: "gzip").answer.code == .malformed)
        #expect(try end(Self.zlib + [1, 2, 3], coding: "deflate").answer.code == .malformed)
        #expect(try end(Self.zlib, coding: "gzip").answer.code == .malformed)
    }

    @Test func `more than five layers of coding are malformed`() throws {
        let layers = ["identity", "identity", "identity", "identity", "gzip"]
        let five = try end(Self.gzip, coding: layers.joined(separator: ",")).answer
        #expect(String(decoding: try five.get().body, as: UTF8.self) == Self.plain)
        let six = try end(Self.gzip, coding: (["identity"] + layers).joined(separator: ",")).answer
        #expect(six.code == .malformed)
    }

    @Test func `what decompresses to more than the limit is too large`() throws {
        let count = Self.plain.utf8.count
        let fits = CurlConfiguration(bodySizeMax: max(count, Self.gzip.count))
        #expect(try end(Self.gzip, coding: "gzip", fits).answer.response != nil)
        #expect(try end(Self.gzip + Self.gzip, coding: "gzip", fits).answer.code == .tooLarge)
        // 10 MB of zeros in some 10 kB.
        let bomb = CurlConfiguration(bodySizeMax: 1_000_000)
        #expect(try end(Bomb.gzip, coding: "gzip", bomb).answer.code == .tooLarge)
    }

    @Test func `switched off, or asked for by the caller, it is the caller's`() throws {
        let off = try end(Self.gzip, coding: "gzip", CurlConfiguration(isDecompressing: false))
        #expect(try off.answer.get().body == Self.gzip)
        #expect(!off.request.contains("Accept-Encoding"))
        let own = try end(Self.gzip, coding: "gzip", fields: [.acceptEncoding: "gzip"])
        #expect(try own.answer.get().body == Self.gzip)
    }
}

private enum Bomb {
    static let member: [UInt8] = [
        0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0xed, 0xc1, 0x01, 0x01, 0x00,
        0x00, 0x00, 0x80, 0x90, 0xfe, 0xaf, 0xee, 0x08, 0x0a, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
        0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
        0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x18, 0xa6, 0xfc, 0x1f, 0x01,
        0x00, 0x80, 0x00, 0x00,
    ]
    /// Blocks of a single repeated byte, put together by hand: 32 768 zeros a member, 300 members.
    static let gzip: [UInt8] = Array(repeatElement(member, count: 300).joined())
}
