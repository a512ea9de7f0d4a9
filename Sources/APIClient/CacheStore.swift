public import HTTPTypes

/// What a cached answer is filed under: method, path, sorted parameters, whose credential it was, and
/// the caller's own fields but for those that say nothing of who asks.
///
/// Bytes, not strings: Swift calls two strings equal that differ in Unicode normalisation only,
/// and those are two resources.
public struct CacheKey: Sendable, Hashable {
    /// Path, method, parameters, identity and fields, each ended by a byte that no text in UTF-8 holds;
    /// last the digest of the schema that the answer was checked by. In one piece: a key is made for
    /// each request that asks a cache.
    private let bytes: [UInt8]
    private let pathEnd: Int
    private let identityStart: Int
    private let identityEnd: Int

    private static let end: UInt8 = 0xff

    /// Fields by which callers do not differ in what they may see; where the answer differs, the
    /// upstream says so by `Vary`. Any other may be a token under a name of its own.
    private static let impersonal: Set<HTTPField.Name> = [
        .accept, .acceptLanguage, .acceptEncoding, .userAgent, .idempotencyKey,
        HTTPField.Name("traceparent")!, HTTPField.Name("tracestate")!,
    ]

    /// The path, which a write makes invalid as a whole.
    public var path: [UInt8] { Array(bytes[..<pathEnd]) }

    /// What else tells resources and callers apart. With the path it is the whole key.
    public var variant: [UInt8] { Array(bytes[(pathEnd + 1)...]) }

    init(_ request: APIRequest, identity: String) {
        let (endpoint, method) = (request.endpoint.utf8, request.method.rawValue.utf8)
        var bytes: [UInt8] = []
        // All of it where there are neither parameters nor fields.
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

    /// Whether its path is this one.
    func isAt(_ path: [UInt8]) -> Bool { bytes[..<pathEnd].elementsEqual(path) }

    /// Whether it was made for whoever has that identity.
    func isOf(_ identity: String) -> Bool {
        bytes[identityStart..<identityEnd].elementsEqual(identity.utf8)
    }

    /// By the bytes.
    public static func == (left: CacheKey, right: CacheKey) -> Bool { left.bytes == right.bytes }

    /// Feeds the bytes.
    public func hash(into hasher: inout Hasher) {
        unsafe bytes.withUnsafeBytes { unsafe hasher.combine(bytes: $0) }
    }
}

/// A kept answer. Instants in nanoseconds of the client's time source.
public struct CacheEntry: Sendable {
    /// The answer's status.
    public var statusCode: Int
    /// The answer's header fields.
    public var headers: HTTPFields
    /// The answer's body.
    public var body: [UInt8]
    /// When its caller asked, at or before the send that it answers. A write since then makes it an answer
    /// from before.
    public var requestedAt: Int64
    /// When it was kept.
    public var storedAt: Int64
    /// From when on it is stale.
    public var freshUntil: Int64
    /// From when on it is of no use at all.
    public var staleUntil: Int64
    /// The request's fields that the answer depends on (`Vary`), as they were.
    public var varied: [VariedField]

    /// An answer to be kept.
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

    /// A field that an answer depends on; nil where the request had none.
    public struct VariedField: Sendable, Hashable {
        /// The field's name.
        public var name: HTTPField.Name
        /// Its value in the request; nil where there was none.
        public var value: String?

        /// A field and the value that it had.
        public init(name: HTTPField.Name, value: String?) {
            self.name = name
            self.value = value
        }

        /// By the bytes: two values may mean different things that look the same.
        public static func == (left: Self, right: Self) -> Bool {
            left.name == right.name
                && left.value.map { Array($0.utf8) } == right.value.map { Array($0.utf8) }
        }

        /// By the name, which is equal wherever two fields are.
        public func hash(into hasher: inout Hasher) { hasher.combine(name) }
    }

    /// Whether a request with these fields would have got the same answer.
    public func matches(_ fields: HTTPFields) -> Bool {
        varied.allSatisfy { VariedField(name: $0.name, value: fields[$0.name]) == $0 }
    }
}

/// Keeps answers. ``MemoryCacheStore`` is one; a shared one may stand behind several clients, which must have
/// one time source then: instants of several do not compare.
public protocol CacheStore: Sendable {
    /// The entry that matches, fresh or stale; the latest where there are several, and none where that is
    /// past its `staleUntil`.
    /// - Throws: any error; the client logs it and goes on as after a miss.
    func entry(for key: CacheKey, matching fields: HTTPFields, at now: Int64) async throws
        -> CacheEntry?

    /// Keeps an entry, in place of one with the same key and the same varied fields. Unless its path has been
    /// invalidated since the entry's `requestedAt`: of two clients one may write while the other reads, and
    /// what was read may be from before.
    /// - Returns: whether it is kept.
    /// - Throws: any error; the client logs it and goes on.
    func keep(_ entry: CacheEntry, for key: CacheKey) async throws -> Bool

    /// Drops all entries of a path, whosever they are; something was written to it.
    /// - Parameters:
    ///   - path: as the keys have it.
    ///   - now: nanoseconds of the client's time source, as in the entries.
    /// - Returns: whether there were any.
    /// - Throws: any error; the client logs it and goes on.
    func invalidate(path: [UInt8], at now: Int64) async throws -> Bool
}
