public import HTTPTypes

/// A request as it was received over a socket.
public struct ServedRequest: Sendable {
    /// The HTTP method.
    public var method: HTTPRequest.Method
    /// Path and query as they were sent.
    public var target: String
    /// The header fields, not yet parsed.
    public var header: HeaderBlock
    /// The body; empty if there is none.
    public var body: [UInt8]
    /// The instant at which its last byte was read, in nanoseconds of ``MockUpstreamServer/now``.
    public var arrival: Int64
    /// The result of checking the client's certificate.
    public var peer: Peer

    /// The client's identity as far as TLS shows it.
    public enum Peer: Sendable, Hashable {
        /// There is no TLS, or the client presented no certificate.
        case unknown
        /// The client's certificate is signed by the client authority and valid now.
        case verified
        /// The client's certificate was rejected, for this reason.
        case notVerified(String)
    }

    /// Makes a request, for tests of a source.
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

    /// All header fields, parsed on each read.
    public var headerFields: HTTPFields { header.fields }
}

/// The header fields as received. They are parsed only when they are read: parsing all of them
/// costs more than the rest of an exchange.
public struct HeaderBlock: Sendable {
    /// Name, zero byte, value, zero byte, and so on.
    private(set) var bytes: [UInt8] = []

    /// Makes a block of the fields, as a client would send them.
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

    /// Removes the fields, but keeps the memory for the connection's next request.
    mutating func removeAll() { bytes.removeAll(keepingCapacity: true) }

    /// All fields. A field whose name is not valid in HTTP is left out.
    public var fields: HTTPFields {
        var fields = HTTPFields()
        forEach { name, value in
            guard let name = HTTPField.Name(String(decoding: name, as: UTF8.self)) else { return }
            fields.append(HTTPField(name: name, value: String(decoding: value, as: UTF8.self)))
        }
        return fields
    }

    /// The value of the first field with this name, which must be given in lower case; nil if there
    /// is none.
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
