import HTTPTypes
import Upstream

/// The bytes of a deliberately broken answer, and how the connection ends after them.
struct BrokenAnswer {
    /// The bytes that are sent before the body begins.
    var head: [UInt8] = []
    /// The bytes of the body that are sent.
    var body: [UInt8] = []
    /// Whether the connection is reset at the end, and not closed regularly.
    var endsInReset = false

    /// The size of a header field that is larger than clients accept: curl's limit is 100 KiB.
    private static let hugeFieldBytes = 131_072

    /// Makes the bytes for a breakage.
    init(_ breakage: Breakage, instead usual: Answer) {
        switch breakage {
        case .reset, .refused, .expired, .wrongHost, .untrusted:
            // The last four happen before a request is known. If a request arrives all the same, a
            // reset is the closest.
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
            // Without a length: otherwise clients would report a missing body, not the missing
            // blank line.
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

    /// Half of the announced body. At least one byte is missing.
    private static func cutShort(_ usual: Answer) -> Self {
        var broken = Self()
        let announced = max(1, usual.body.count)
        broken.head = head(usual, framing: "Content-Length: \(announced)\r\n")
        broken.body = Array(usual.body.prefix(announced / 2))
        return broken
    }

    private init() {}

    private static func head(_ answer: Answer, framing: String) -> [UInt8] {
        // A status without a body could not break in the middle of its body.
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
    /// Whether the answer's status allows a body.
    var hasBody: Bool { status >= 200 && Self.mayHaveBody(status) }

    /// The same answer, marked as gzip, with a body that cannot be decompressed.
    var withBrokenCompression: Answer {
        var fields = fields
        fields[.contentEncoding] = "gzip"
        // A gzip header, followed by a block of a type that deflate does not define.
        return Answer(
            status: hasBody ? status : 200, fields: fields,
            body: [0x1F, 0x8B, 0x08, 0, 0, 0, 0, 0, 0, 0x03, 0x07, 0xFF, 0xFF, 0xFF])
    }
}

extension HTTPField.Name {
    /// Whether the field belongs to HTTP's message framing, which the server controls.
    var isFraming: Bool {
        self == .contentLength || self == .transferEncoding || self == .connection
            || self == Self.keepAlive
    }

    private static let keepAlive = HTTPField.Name("keep-alive")
}
