public import HTTPTypes

/// A request to the external service, as described in REQ-01 section 3.3.
///
/// It is validated when it is executed, before anything is sent.
public struct APIRequest: Sendable, Hashable {
    /// All properties behind one reference, because a request is passed between functions many
    /// times.
    private var box: Box

    /// The path, such as `/v1/users`: a slash, then one or more of `a-z A-Z 0-9 / _ -`.
    public var endpoint: String {
        get { box.content.endpoint }
        set { change { $0.endpoint = newValue } }
    }
    /// The HTTP method: GET, POST, PUT, DELETE or PATCH. Any other fails validation.
    public var method: HTTPRequest.Method {
        get { box.content.method }
        set { change { $0.method = newValue } }
    }
    /// Header fields in addition to those that the client adds itself.
    public var headers: RequestHeaders {
        get { box.content.headers }
        set { change { $0.headers = newValue } }
    }
    /// A JSON text, allowed with POST, PUT and PATCH only; nil: no body.
    public var body: RequestBody? {
        get { box.content.body }
        set { change { $0.body = newValue } }
    }
    /// The query parameters, in the order in which they are sent.
    public var params: QueryParameters {
        get { box.content.params }
        set { change { $0.params = newValue } }
    }
    /// Whether a GET may be answered from the cache and its answer be cached. Defaults to `true`.
    public var useCache: Bool {
        get { box.content.useCache }
        set { change { $0.useCache = newValue } }
    }
    /// The schema that the body of a 2xx answer must satisfy. An answer that violates it ends the
    /// request with `VALIDATION_ERROR`; it is neither retried nor cached. nil (the default): the
    /// body is not checked.
    public var responseSchema: JSONSchema? {
        get { box.content.responseSchema }
        set { change { $0.responseSchema = newValue } }
    }

    /// Makes a request. Nothing is validated until it is executed.
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

    /// Whether the endpoint is valid. Computed once, because a request may be executed many times.
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

    /// The immutable contents of a request. A changed request gets a new box.
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
    /// Whether an encoder made the text, so that it need not be checked again.
    let isEncoded: Bool

    /// Makes a body of a JSON text in UTF-8. The text is checked when the request is executed.
    public init(json bytes: [UInt8]) { (self.bytes, isEncoded) = (bytes, false) }

    /// Encodes a value as the body.
    /// - Throws: an `EncodingError` for a number that is not finite, which JSON cannot represent.
    public init(_ value: JSONValue) throws {
        (bytes, isEncoded) = (try value.serialized(), true)
    }
}

/// The query of a request: ordered parameters, whose names may occur more than once.
public struct QueryParameters: Sendable, Hashable, ExpressibleByDictionaryLiteral {
    var pairs: [(name: String, value: String)]

    /// Makes parameters of `["name": "value"]`, in that order. Names may be repeated.
    public init(dictionaryLiteral elements: (String, String)...) {
        pairs = elements.map { (name: $0.0, value: $0.1) }
    }

    /// Makes parameters in the given order.
    public init(_ pairs: [(name: String, value: String)]) { self.pairs = pairs }

    /// Whether there are no parameters.
    public var isEmpty: Bool { pairs.isEmpty }

    /// Adds a parameter at the end.
    public mutating func append(_ name: String, _ value: String) { pairs.append((name, value)) }

    /// Compares the bytes of names and values, in order. Unicode normalisation is not applied.
    public static func == (left: Self, right: Self) -> Bool {
        left.pairs.elementsEqual(right.pairs) {
            $0.name.utf8.elementsEqual($1.name.utf8) && $0.value.utf8.elementsEqual($1.value.utf8)
        }
    }

    /// Feeds names and values to the hasher; equal parameters give equal hashes.
    public func hash(into hasher: inout Hasher) {
        for pair in pairs {
            hasher.combine(pair.name)
            hasher.combine(pair.value)
        }
    }

    /// The query string, such as `a=1&b=2`. Everything except the unreserved characters of RFC 3986
    /// section 2.3 is percent-encoded.
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

/// The header fields of a request.
///
/// A field that HTTP does not allow is recorded, and refused with its reason when the request is
/// executed.
public struct RequestHeaders: Sendable, Hashable, ExpressibleByDictionaryLiteral {
    private(set) var fields: HTTPFields
    private(set) var rejected: [FieldIssue] = []

    /// Takes over existing fields. Those that the client sets itself are refused.
    public init(_ fields: HTTPFields) {
        self.fields = HTTPFields()
        for field in fields { append(field.name.rawName, field.value) }
    }

    /// Takes over fields without checking them.
    init(asTheyAre fields: HTTPFields) { self.fields = fields }

    /// Makes fields of `["Name": "value"]`. Repeated names stay separate fields.
    public init(dictionaryLiteral elements: (String, String)...) {
        fields = HTTPFields()
        for (name, value) in elements { append(name, value) }
    }

    /// Adds a field. A field with the same name stays as it is.
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

    // The value is left out of the error, because it may be a secret.
    private mutating func reject(_ name: String, _ reason: String) {
        rejected.append(FieldIssue(field: "headers.\(Self.printable(name))", reason: reason))
    }

    private static func printable(_ name: String) -> String {
        String(
            String.UnicodeScalarView(
                name.unicodeScalars.prefix(64).map { (32..<127).contains($0.value) ? $0 : "?" }))
    }

    /// Whether the client sets a field of this name itself, so that a request must not.
    package static func isReserved(_ name: String) -> Bool { reserved.contains(name.lowercased()) }

    // Framing and connection control belong to the transport.
    private static let reserved: Set<String> = [
        "host", "connection", "content-length", "transfer-encoding", "upgrade", "te", "trailer",
        "keep-alive", "proxy-connection", "expect",
        // Carries the correlation id, which must be the same in log and error.
        "x-request-id",
    ]
}
