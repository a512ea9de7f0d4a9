import HTTPTypes
import Upstream

/// The bytes of an answer that no server means to give, and how the connection ends after them.
struct BrokenAnswer {
    /// What is sent before the body begins to trickle.
    var head: [UInt8] = []
    /// What is sent of the body.
    var body: [UInt8] = []
    /// Whether the connection is reset, rather than closed in good order.
    var endsInReset = false

    /// A header field beyond what clients put up with: curl takes 100 KiB.
    private static let hugeFieldBytes = 131_072

    /// The bytes for a breakage that happens to a request.
    init(_ breakage: Breakage, instead usual: Answer) {
        switch breakage {
        case .reset, .refused, .expired, .wrongHost, .untrusted:
            // The last four happen before a request is known. Where one is there all the same, a reset
            // comes nearest.
            endsInReset = true
        case .empty: break
        case .garbage: head = Array("\u{16}\u{3}\u{1} this is not HTTP \u{0}\u{7F}\r\n\r\n".utf8)
        case .resetMidBody:
            self = Self.cutShort(usual)
            endsInReset = true
        case .truncated: self = Self.cutShort(usual)
        case .badChunk:
            let part = usual.body.prefix((usual.body.count + 1) / 2)
            head = Self.head(usual, framing: "Transfer-Encoding: chunked\r\n")
            if !part.isEmpty {
                body =
                    Array("\(String(part.count, radix: 16))\r\n".utf8) + part + Array("\r\n".utf8)
            }
            body += Array("no size\r\n".utf8)
        case .headersCut:
            // Without a length: clients would miss the body before they missed the blank line.
            head = Self.head(usual, framing: "").dropLast(2)
        case .duplicateLength:
            let count = usual.body.count
            head = Self.head(
                usual, framing: "Content-Length: \(count + 1)\r\nContent-Length: \(count)\r\n")
            body = usual.body
        case .hugeHeaders:
            let padding = String(repeating: "a", count: Self.hugeFieldBytes)
            head = Self.head(
                usual, framing: "X-Padding: \(padding)\r\nContent-Length: \(usual.body.count)\r\n")
            body = usual.body
        case .badGzip:
            preconditionFailure("what cannot be inflated is a complete answer to the server")
        }
    }

    /// Half of the body that is announced. There is always something to miss.
    private static func cutShort(_ usual: Answer) -> Self {
        var broken = Self()
        let announced = max(1, usual.body.count)
        broken.head = head(usual, framing: "Content-Length: \(announced)\r\n")
        broken.body = Array(usual.body.prefix(announced / 2))
        return broken
    }

    private init() {}

    private static func head(_ answer: Answer, framing: String) -> [UInt8] {
        // An answer that may have no body could not break in its middle.
        let status = answer.hasBody ? answer.status : 200
        var head = Array("HTTP/1.1 \(status) \(Response.reason(status))\r\n".utf8)
        for field in answer.fields where !field.name.isFraming {
            head += field.name.rawName.utf8
            head += ": ".utf8
            head += field.value.utf8
            head += "\r\n".utf8
        }
        head += framing.utf8
        head += "\r\n".utf8
        return head
    }
}

extension Answer {
    /// Whether its status lets it have a body.
    var hasBody: Bool { status >= 200 && Self.mayHaveBody(status) }

    /// The same, said to be compressed, with a body that nobody can inflate.
    var withBrokenCompression: Answer {
        var fields = fields
        fields[.contentEncoding] = "gzip"
        // A member's header, then a block of the type that deflate does not have.
        return Answer(
            status: hasBody ? status : 200, fields: fields,
            body: [0x1F, 0x8B, 0x08, 0, 0, 0, 0, 0, 0, 0x03, 0x07, 0xFF, 0xFF, 0xFF])
    }
}

extension HTTPField.Name {
    /// Whether it is the server's own business how the answer is cut into bytes.
    var isFraming: Bool {
        self == .contentLength || self == .transferEncoding || self == .connection
            || self == Self.keepAlive
    }

    private static let keepAlive = HTTPField.Name("keep-alive")
}
