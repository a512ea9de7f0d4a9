import APIClient
import HTTPTypes

/// Parses the header lines of an answer as libcurl delivers them. libcurl accepts some incomplete
/// answers as complete, so lengths and the end of the header are checked here.
struct ResponseHead {
    private enum State {
        /// The next line is a status line. Valid transition: `.fields`.
        case status
        /// The next line is a field or the blank line. Valid transitions: `.status` after an
        /// interim answer, `.complete`.
        case fields
        /// The blank line has come. Lines after the body are trailers, which are ignored.
        case complete
    }

    private var state = State.status
    private var size = 0
    private(set) var status = 0
    // An array while it grows: `HTTPFields` moves its contents for each field that is appended.
    private var lines: [HTTPField] = []
    private(set) var contentLength: Int?
    /// Whether there is a `Content-Encoding` field.
    private(set) var isCoded = false

    /// The header fields as received.
    var fields: HTTPFields {
        var fields = HTTPFields()
        fields.replaceSubrange(0..<0, with: lines)
        return fields
    }
    /// Whether any line has come.
    var hasBegun: Bool { size > 0 }
    /// Whether the blank line has come.
    var isComplete: Bool { state == .complete }

    /// Processes one line, its line end included.
    /// - Throws: `malformed` for an invalid line, `tooLarge` beyond `sizeMax` bytes in total.
    mutating func receive(
        _ line: UnsafeRawBufferPointer, sizeMax: Int, names: inout FieldNames
    ) throws(TransportError) {
        size += line.count
        if size > sizeMax {
            throw TransportError(.tooLarge, "the header has more than \(sizeMax) bytes")
        }
        let text = unsafe Self.withoutEnd(line)
        switch state {
        case .status: unsafe try begin(text)
        case .fields where unsafe text.isEmpty:
            // An interim answer (100, 103) comes before the final one.
            state = status < 200 && status != 101 ? .status : .complete
        case .fields: unsafe try append(text, &names)
        case .complete: break
        }
    }

    private mutating func begin(_ line: UnsafeRawBufferPointer) throws(TransportError) {
        guard let space = unsafe line.firstIndex(of: UInt8(ascii: " ")) else {
            throw TransportError(.malformed, "the status line has no status")
        }
        let digits = unsafe line[(space + 1)...].prefix(while: Self.isDigit)
        let number = unsafe digits.count == 3 ? digits.reduce(0) { $0 * 10 + Int($1) - 48 } : 0
        guard (100...599).contains(number) else {
            throw TransportError(.malformed, "the status is not 100 to 599")
        }
        status = number
        lines.removeAll(keepingCapacity: true)
        contentLength = nil
        isCoded = false
        state = .fields
    }

    private mutating func append(
        _ line: UnsafeRawBufferPointer, _ names: inout FieldNames
    ) throws(TransportError) {
        if let first = unsafe line.first, Self.isBlank(first) {
            return unsafe try fold(line)
        }
        guard let colon = unsafe line.firstIndex(of: UInt8(ascii: ":")),
            let entry = unsafe names.entry(UnsafeRawBufferPointer(rebasing: line[..<colon]))
        else { throw TransportError(.malformed, "a line of the header is no field") }
        let value = unsafe Self.trimmed(UnsafeRawBufferPointer(rebasing: line[(colon + 1)...]))
        switch entry.meaning {
        case .length: unsafe try note(length: value)
        case .coding: isCoded = true
        case .none: break
        }
        if lines.isEmpty { lines.reserveCapacity(16) }
        unsafe lines.append(HTTPField(name: entry.name, lenientValue: value))
    }

    /// Continues the value of the previous field, the obsolete line folding of HTTP/1.1.
    private mutating func fold(_ line: UnsafeRawBufferPointer) throws(TransportError) {
        guard let last = lines.indices.last else {
            throw TransportError(.malformed, "the header begins with a blank")
        }
        let name = lines[last].name
        guard name != .contentLength else {
            throw TransportError(.malformed, "the length goes over two lines")
        }
        var bytes = unsafe lines[last].withUnsafeBytesOfValue { unsafe Array($0) }
        bytes.append(UInt8(ascii: " "))
        unsafe bytes.append(contentsOf: Self.trimmed(line))
        lines[last] = HTTPField(name: name, lenientValue: bytes)
    }

    /// Records a `Content-Length`. A list of equal lengths counts as one length (RFC 9110 section
    /// 8.6).
    private mutating func note(length value: UnsafeRawBufferPointer) throws(TransportError) {
        let parts = unsafe value.split(
            separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
        for index in unsafe parts.indices {
            let digits = unsafe Self.trimmed(UnsafeRawBufferPointer(rebasing: parts[index]))
            // 18 digits always fit.
            guard unsafe (1...18).contains(digits.count) && digits.allSatisfy(Self.isDigit) else {
                throw TransportError(.malformed, "the length is no number")
            }
            let length = unsafe digits.reduce(0) { $0 * 10 + Int($1) - 48 }
            guard contentLength ?? length == length else {
                throw TransportError(.malformed, "there are two different lengths")
            }
            contentLength = length
        }
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    private static func isBlank(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t")
    }

    private static func withoutEnd(_ line: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        var count = line.count
        if count > 0, unsafe line[count - 1] == UInt8(ascii: "\n") { count -= 1 }
        if count > 0, unsafe line[count - 1] == UInt8(ascii: "\r") { count -= 1 }
        return unsafe UnsafeRawBufferPointer(rebasing: line[..<count])
    }

    private static func trimmed(_ text: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        var (start, end) = (0, text.count)
        while start < end, unsafe isBlank(text[start]) { start += 1 }
        while end > start, unsafe isBlank(text[end - 1]) { end -= 1 }
        return unsafe UnsafeRawBufferPointer(rebasing: text[start..<end])
    }
}
