public import HTTPTypes

/// A request to the external service, as REQ-01 section 3.3 describes it.
///
/// It is checked when it is executed, before anything is sent.
public struct APIRequest: Sendable, Hashable {
    /// One reference to everything, because a request is handed from one to the next many times.
    private var box: Box

    /// The path, such as `/v1/users`: a slash, then one or more of `a-z A-Z 0-9 / _ -`.
    public var endpoint: String {
        get { box.content.endpoint }
        set { change { $0.endpoint = newValue } }
    }
    /// One of GET, POST, PUT, DELETE, PATCH.
    public var method: HTTPRequest.Method {
        get { box.content.method }
        set { change { $0.method = newValue } }
    }
    /// Fields beside those that the client adds itself.
    public var headers: RequestHeaders {
        get { box.content.headers }
        set { change { $0.headers = newValue } }
    }
    /// A JSON text; with POST, PUT and PATCH only.
    public var body: RequestBody? {
        get { box.content.body }
        set { change { $0.body = newValue } }
    }
    /// The query, in this order.
    public var params: QueryParameters {
        get { box.content.params }
        set { change { $0.params = newValue } }
    }
    /// Whether a GET may be answered from the cache, and its answer kept. Defaults to `true`.
    public var useCache: Bool {
        get { box.content.useCache }
        set { change { $0.useCache = newValue } }
    }
    /// What the body of a 2xx answer must look like; nil: anything, parsed when it is read. An answer
    /// that does not ends in `VALIDATION_ERROR`, is not retried and not kept.
    public var responseSchema: JSONSchema? {
        get { box.content.responseSchema }
        set { change { $0.responseSchema = newValue } }
    }

    /// A request; checked when it is executed, not here.
    public init(
        _ method: HTTPRequest.Method = .get, _ endpoint: String, headers: RequestHeaders = [:],
        body: RequestBody? = nil, params: QueryParameters = [:], useCache: Bool = true,
        responseSchema: JSONSchema? = nil
    ) {
        box = Box(
            Content(
                endpoint: endpoint, method: method, headers: headers, body: body, params: params,
                useCache: useCache, responseSchema: responseSchema))
    }

    /// Whether the endpoint is as it should be; found once, as one request may be executed many times.
    var hasValidEndpoint: Bool { box.hasValidEndpoint }

    private mutating func change(_ set: (inout Content) -> Void) {
        var content = box.content
        set(&content)
        box = Box(content)
    }

    private struct Content: Sendable, Hashable {
        var endpoint: String
        var method: HTTPRequest.Method
        var headers: RequestHeaders
        var body: RequestBody?
        var params: QueryParameters
        var useCache: Bool
        var responseSchema: JSONSchema?
    }

    /// Never changed: a changed request gets another.
    private final class Box: Sendable, Hashable {
        let content: Content
        let hasValidEndpoint: Bool

        init(_ content: Content) {
            self.content = content
            hasValidEndpoint = APIRequest.isEndpoint(content.endpoint)
        }

        static func == (left: Box, right: Box) -> Bool {
            left === right || left.content == right.content
        }

        func hash(into hasher: inout Hasher) { hasher.combine(content) }
    }
}

/// The body of a request: a JSON text.
public struct RequestBody: Sendable, Hashable {
    let bytes: [UInt8]
    /// Known to be JSON already: made by an encoder.
    let isEncoded: Bool

    /// A JSON text in UTF-8; checked when the request is executed.
    public init(json bytes: [UInt8]) { (self.bytes, isEncoded) = (bytes, false) }

    /// - Throws: an `EncodingError` for a number that JSON cannot say (not finite).
    public init(_ value: JSONValue) throws {
        (bytes, isEncoded) = (try value.serialized(), true)
    }
}

/// The query of a request, in order; a name may occur more than once.
public struct QueryParameters: Sendable, Hashable, ExpressibleByDictionaryLiteral {
    var pairs: [(name: String, value: String)]

    /// Parameters as `["name": "value"]`, in that order.
    public init(dictionaryLiteral elements: (String, String)...) {
        pairs = elements.map { (name: $0.0, value: $0.1) }
    }

    /// Parameters in this order.
    public init(_ pairs: [(name: String, value: String)]) { self.pairs = pairs }

    /// Whether there are none.
    public var isEmpty: Bool { pairs.isEmpty }

    /// Adds a parameter at the end.
    public mutating func append(_ name: String, _ value: String) { pairs.append((name, value)) }

    /// By the bytes of names and values, in their order.
    public static func == (left: Self, right: Self) -> Bool {
        left.pairs.elementsEqual(right.pairs) {
            $0.name.utf8.elementsEqual($1.name.utf8) && $0.value.utf8.elementsEqual($1.value.utf8)
        }
    }

    /// Equal parameters hash equally.
    public func hash(into hasher: inout Hasher) {
        for pair in pairs {
            hasher.combine(pair.name)
            hasher.combine(pair.value)
        }
    }

    /// `a=1&b=2`, percent-encoded (RFC 3986: everything but unreserved characters).
    func encoded(sorted: Bool = false) -> String {
        let pairs = sorted ? pairs.sorted { Self.precedes($0, $1) } : pairs
        return pairs.map { Self.encode($0.name) + "=" + Self.encode($0.value) }.joined(
            separator: "&")
    }

    private static func precedes(
        _ left: (name: String, value: String), _ right: (name: String, value: String)
    ) -> Bool {
        if !left.name.utf8.elementsEqual(right.name.utf8) {
            return left.name.utf8.lexicographicallyPrecedes(right.name.utf8)
        }
        return left.value.utf8.lexicographicallyPrecedes(right.value.utf8)
    }

    private static func encode(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
                UInt8(ascii: "_"), UInt8(ascii: "~"):
                bytes.append(byte)
            default:
                bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// The header fields of a request. What HTTP does not allow is remembered and refused when the
/// request is executed, with its reason.
public struct RequestHeaders: Sendable, Hashable, ExpressibleByDictionaryLiteral {
    private(set) var fields: HTTPFields
    private(set) var rejected: [FieldIssue] = []

    /// Fields that exist already; those that the client sets itself are refused.
    public init(_ fields: HTTPFields) {
        self.fields = HTTPFields()
        for field in fields { append(field.name.rawName, field.value) }
    }

    /// Fields that nobody checks.
    init(asTheyAre fields: HTTPFields) { self.fields = fields }

    /// Fields as `["Name": "value"]`; several of one name stay several.
    public init(dictionaryLiteral elements: (String, String)...) {
        fields = HTTPFields()
        for (name, value) in elements { append(name, value) }
    }

    /// Adds a field; several of one name stay several.
    public mutating func append(_ name: String, _ value: String) {
        guard let fieldName = HTTPField.Name(name) else {
            return reject(name, "is no field name: letters, digits and !#$%&'*+-.^_`|~ only")
        }
        guard !Self.reserved.contains(fieldName.canonicalName) else {
            return reject(name, "is set by the client itself")
        }
        guard value.utf8.allSatisfy({ $0 == 9 || ($0 >= 32 && $0 != 127) }) else {
            return reject(name, "has a value with control characters")
        }
        fields.append(HTTPField(name: fieldName, value: value))
    }

    // The value is not repeated in an error: it may be a secret.
    private mutating func reject(_ name: String, _ reason: String) {
        rejected.append(FieldIssue(field: "headers.\(Self.printable(name))", reason: reason))
    }

    private static func printable(_ name: String) -> String {
        String(
            String.UnicodeScalarView(
                name.unicodeScalars.prefix(64).map { (32..<127).contains($0.value) ? $0 : "?" }))
    }

    /// Whether the client sets a field of that name itself, and takes it from nobody.
    package static func isReserved(_ name: String) -> Bool { reserved.contains(name.lowercased()) }

    // Framing and connection control belong to the transport.
    private static let reserved: Set<String> = [
        "host", "connection", "content-length", "transfer-encoding", "upgrade", "te", "trailer",
        "keep-alive", "proxy-connection", "expect",
        // Carries the correlation id, which must be the same in log and error.
        "x-request-id",
    ]
}
