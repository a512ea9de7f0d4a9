public import HTTPTypes

/// The key of a cached answer: method, path, sorted parameters, identity, and the request's own
/// fields except those that cannot identify a caller.
///
/// Keys are bytes, not strings: Swift treats two strings that differ only in Unicode normalisation
/// as equal, but they name two resources.
public struct CacheKey: Sendable, Hashable {
    /// Path, method, parameters, identity and fields, each ended by a byte that does not occur in
    /// UTF-8; last the digest of the response schema. One array, because a key is made for every
    /// request that uses the cache.
    private let bytes: [UInt8]
    private let pathEnd: Int
    private let identityStart: Int
    private let identityEnd: Int

    private static let end: UInt8 = 0xff

    /// Fields that do not identify a caller; if the answer depends on one, the upstream says so
    /// with `Vary`. Any other field may carry a token, so it is a part of the key.
    private static let impersonal: Set<HTTPField.Name> = [
        .accept, .acceptLanguage, .acceptEncoding, .userAgent, .idempotencyKey,
        HTTPField.Name("traceparent")!, HTTPField.Name("tracestate")!,
    ]

    /// The path. A write to it invalidates all entries with this path.
    public var path: [UInt8] { Array(bytes[..<pathEnd]) }

    /// The rest of the key: method, parameters, identity, fields and schema. Path and variant
    /// together are the whole key.
    public var variant: [UInt8] { Array(bytes[(pathEnd + 1)...]) }

    init(_ request: APIRequest, identity: String) {
        let (endpoint, method) = (request.endpoint.utf8, request.method.rawValue.utf8)
        var bytes: [UInt8] = []
        // Enough for a request without parameters and fields.
        bytes.reserveCapacity(endpoint.count + method.count + identity.utf8.count + 4)
        bytes += endpoint
        pathEnd = bytes.count
        bytes.append(Self.end)
        bytes += method
        bytes.append(Self.end)
        if !request.params.isEmpty { bytes += request.params.encoded(sorted: true).utf8 }
        bytes.append(Self.end)
        identityStart = bytes.count
        bytes += identity.utf8
        identityEnd = bytes.count
        bytes.append(Self.end)
        for field in request.headers.fields where !Self.impersonal.contains(field.name) {
            bytes += field.name.canonicalName.utf8
            bytes.append(Self.end)
            bytes += field.value.utf8
            bytes.append(Self.end)
        }
        if let schema = request.responseSchema { bytes += String(schema.digest, radix: 16).utf8 }
        self.bytes = bytes
    }

    /// Whether the key's path is this one.
    func isAt(_ path: [UInt8]) -> Bool { bytes[..<pathEnd].elementsEqual(path) }

    /// Whether the key was made for this identity.
    func isOf(_ identity: String) -> Bool {
        bytes[identityStart..<identityEnd].elementsEqual(identity.utf8)
    }

    /// Compares the bytes.
    public static func == (left: CacheKey, right: CacheKey) -> Bool { left.bytes == right.bytes }

    /// Feeds the bytes to the hasher.
    public func hash(into hasher: inout Hasher) {
        unsafe bytes.withUnsafeBytes { unsafe hasher.combine(bytes: $0) }
    }
}

/// A cached answer. Instants are nanoseconds of the client's time source.
public struct CacheEntry: Sendable {
    /// The HTTP status of the answer.
    public var statusCode: Int
    /// The header fields of the answer.
    public var headers: HTTPFields
    /// The body of the answer, decompressed.
    public var body: [UInt8]
    /// The instant at which the request began, at or before the send. A write to the path after it
    /// makes the answer outdated.
    public var requestedAt: Int64
    /// The instant at which the answer was stored.
    public var storedAt: Int64
    /// The instant from which the answer is stale.
    public var freshUntil: Int64
    /// The instant from which the answer must not be served, not even after a timeout. At least
    /// ``freshUntil``.
    public var staleUntil: Int64
    /// The request fields that the answer depends on according to `Vary`, with the request's
    /// values.
    public var varied: [VariedField]

    /// Makes an entry. Instants are nanoseconds of the client's time source.
    public init(
        statusCode: Int, headers: HTTPFields, body: [UInt8], requestedAt: Int64, storedAt: Int64,
        freshUntil: Int64, staleUntil: Int64, varied: [VariedField] = []
    ) {
        self.statusCode = statusCode
        self.headers = headers
        self.body = body
        self.requestedAt = requestedAt
        self.storedAt = storedAt
        self.freshUntil = freshUntil
        self.staleUntil = staleUntil
        self.varied = varied
    }

    /// A request field that an answer depends on, and its value.
    public struct VariedField: Sendable, Hashable {
        /// The field's name.
        public var name: HTTPField.Name
        /// The field's value in the request; nil if the request had no such field.
        public var value: String?

        /// Makes a field with its value.
        public init(name: HTTPField.Name, value: String?) {
            self.name = name
            self.value = value
        }

        /// Compares the bytes of the values: two values that look the same may have different
        /// meanings.
        public static func == (left: Self, right: Self) -> Bool {
            left.name == right.name
                && left.value.map { Array($0.utf8) } == right.value.map { Array($0.utf8) }
        }

        /// Feeds the name only, which is equal whenever two fields are equal.
        public func hash(into hasher: inout Hasher) { hasher.combine(name) }
    }

    /// Whether a request with these fields has the values that the answer depends on.
    public func matches(_ fields: HTTPFields) -> Bool {
        varied.allSatisfy { VariedField(name: $0.name, value: fields[$0.name]) == $0 }
    }
}

/// Stores answers. ``MemoryCacheStore`` is the one in memory.
///
/// A shared store may serve several clients, which must then have one time source: instants of
/// different time sources cannot be compared.
public protocol CacheStore: Sendable {
    /// The latest entry that matches the key and the fields, fresh or stale; nil if there is none
    /// or if that entry is past its `staleUntil`.
    /// - Throws: any error; the client logs it and treats it as a miss.
    func entry(for key: CacheKey, matching fields: HTTPFields, at now: Int64) async throws
        -> CacheEntry?

    /// Stores an entry; it replaces the one with the same key and the same varied fields.
    ///
    /// It must not be stored if its path has been invalidated since the entry's `requestedAt`: one
    /// client may write while another reads, and the answer may be older than the write.
    /// - Returns: whether the entry was stored.
    /// - Throws: any error; the client logs it and goes on.
    func keep(_ entry: CacheEntry, for key: CacheKey) async throws -> Bool

    /// Drops all entries of a path, of every identity, because the path was written to.
    /// - Parameters:
    ///   - path: the path as in ``CacheKey/path``.
    ///   - now: nanoseconds of the client's time source, as in the entries.
    /// - Returns: whether there were any entries.
    /// - Throws: any error; the client logs it and goes on.
    func invalidate(path: [UInt8], at now: Int64) async throws -> Bool
}
