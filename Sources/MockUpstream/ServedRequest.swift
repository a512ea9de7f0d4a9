public import HTTPTypes

/// A request as it came in over a socket.
public struct ServedRequest: Sendable {
    /// The method, as it stands in the request line.
    public var method: HTTPRequest.Method
    /// Path and query, as they were sent.
    public var target: String
    /// The header fields, not yet parsed.
    public var header: HeaderBlock
    /// Empty where there is none.
    public var body: [UInt8]
    /// When the last byte of it was read, as ``MockUpstreamServer/now`` tells time.
    public var arrival: Int64
    /// What the client showed of itself.
    public var peer: Peer

    /// Who the client is, as far as TLS tells.
    public enum Peer: Sendable, Hashable {
        /// Not TLS, or the client showed no certificate.
        case unknown
        /// A certificate that the client authority has signed, and that is valid now.
        case verified
        /// A certificate that proves nothing, and why.
        case notVerified(String)
    }

    /// A request, for tests of a source.
    public init(
        method: HTTPRequest.Method, target: String, header: HeaderBlock = HeaderBlock([:]),
        body: [UInt8] = [], arrival: Int64 = 0, peer: Peer = .unknown
    ) {
        self.method = method
        self.target = target
        self.header = header
        self.body = body
        self.arrival = arrival
        self.peer = peer
    }

    /// All header fields. Parsed each time.
    public var headerFields: HTTPFields { header.fields }
}

/// Header fields as they came, for those who read one of them or none: parsing all costs more than
/// the rest of an exchange.
public struct HeaderBlock: Sendable {
    /// Name, zero, value, zero, and so on.
    private(set) var bytes: [UInt8] = []

    /// As a client would send these.
    public init(_ fields: HTTPFields) {
        for field in fields {
            bytes += field.name.rawName.utf8
            bytes.append(0)
            bytes += field.value.utf8
            bytes.append(0)
        }
    }

    mutating func append(name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer) {
        unsafe bytes.append(contentsOf: name)
        bytes.append(0)
        unsafe bytes.append(contentsOf: value)
        bytes.append(0)
    }

    /// Keeps the memory, for the next request of the same connection.
    mutating func removeAll() { bytes.removeAll(keepingCapacity: true) }

    /// All of them. A field whose name is no token of HTTP's is left out.
    public var fields: HTTPFields {
        var fields = HTTPFields()
        forEach { name, value in
            guard let name = HTTPField.Name(String(decoding: name, as: UTF8.self)) else { return }
            fields.append(HTTPField(name: name, value: String(decoding: value, as: UTF8.self)))
        }
        return fields
    }

    /// The value of the first field of this name, which is given in lower case.
    public func first(_ wanted: StaticString) -> String? {
        var found: String?
        wanted.withUTF8Buffer { wanted in
            forEach { name, value in
                guard found == nil, name.count == wanted.count else { return }
                let isSame = unsafe zip(name, wanted).allSatisfy { byte, other in
                    byte == other
                        || (byte | 0x20 == other && (0x41...0x5A).contains(byte))
                }
                if isSame { found = String(decoding: value, as: UTF8.self) }
            }
        }
        return found
    }

    private func forEach(_ body: (_ name: ArraySlice<UInt8>, _ value: ArraySlice<UInt8>) -> Void) {
        var start = 0
        while start < bytes.count, let nameEnd = bytes[start...].firstIndex(of: 0),
            let valueEnd = bytes[(nameEnd + 1)...].firstIndex(of: 0)
        {
            body(bytes[start..<nameEnd], bytes[(nameEnd + 1)..<valueEnd])
            start = valueEnd + 1
        }
    }
}
