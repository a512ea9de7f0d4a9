public import HTTPTypes

/// Sends one attempt and brings back its answer. Knows nothing of retries, breakers or caches.
public protocol Transport: Sendable {
    /// - Returns: a complete answer, whatever its status.
    /// - Throws: ``TransportError``; `timedOut` no earlier and no later than `request.timeout` after
    ///   the call, where an answer at exactly that instant is in time; `cancelled` as soon as the
    ///   task is cancelled.
    func send(_ request: TransportRequest) async throws(TransportError) -> TransportResponse
}

/// One attempt on its way out.
///
/// It refers to its request instead of copying it: a request has a dozen references, and an attempt
/// is handed from one to the next several times.
public struct TransportRequest: Sendable, CustomReflectable {
    private var origin: Call
    private let credential: Credential?
    /// Nanoseconds from now, above zero.
    public var timeout: Int64
    /// 1 for the first send of the request.
    public var attempt: UInt32

    /// The method, one of those that the client knows.
    public var method: HTTPRequest.Method { origin.request.method }
    /// `http` or `https`; of the client's base URL, as the authority.
    public var scheme: String { origin.base.scheme }
    /// Host and, if need be, port.
    public var authority: String { origin.base.authority }
    /// Path and query, percent-encoded.
    public var target: String {
        get { origin.target }
        set { origin = origin.aimed(at: newValue) }
    }
    /// The JSON text, or nil.
    public var body: [UInt8]? { origin.request.body?.bytes }
    /// The request that the attempt belongs to.
    public var call: CallID { origin.id }
    /// What ties the request's log lines, header and error together.
    public var correlationID: CorrelationID { origin.correlationID }
    /// Who follows the request, if anybody.
    public var observer: (any RequestObserver)? { origin.observer }
    /// What may be shown: no field, and no body.
    public var customMirror: Mirror {
        Mirror(
            self,
            children: [
                "method": method, "authority": authority, "target": target, "timeout": timeout,
                "call": call, "attempt": attempt,
            ])
    }

    /// A request of your own, for testing a transport by itself; the client makes its own.
    ///
    /// - Parameters:
    ///   - method: any.
    ///   - scheme: `http` or `https`.
    ///   - authority: host and, if need be, port.
    ///   - target: path and query, percent-encoded.
    ///   - headerFields: what is sent beside the fields that every request has.
    ///   - body: the JSON text, or nil.
    ///   - timeout: above zero.
    ///   - call: keys the order of events.
    ///   - attempt: 1 for the first send.
    public init(
        _ method: HTTPRequest.Method, scheme: String = "https", authority: String, target: String,
        headerFields: HTTPFields = [:], body: [UInt8]? = nil, timeout: Duration = .seconds(5),
        call: CallID = CallID(request: 0), attempt: UInt32 = 1
    ) {
        let request = APIRequest(
            method, target, headers: RequestHeaders(asTheyAre: headerFields),
            body: body.map { RequestBody(json: $0) })
        self.init(
            Call(
                request, call, CorrelationID(high: UInt64(call.client), low: call.request),
                base: BaseURL(scheme: scheme, authority: authority), observer: nil, steps: nil,
                started: 0, deadline: .max),
            credential: nil, timeout: timeout.nanoseconds, attempt: attempt)
    }

    /// An attempt at a request, for a client of your own that sends by itself.
    ///
    /// - Parameters:
    ///   - request: what is asked; its fields are sent as they are.
    ///   - scheme: `http` or `https`.
    ///   - authority: host and, if need be, port.
    ///   - timeout: above zero.
    ///   - call: the request that the attempt belongs to.
    ///   - attempt: 1 for the first send.
    ///   - correlationID: sent along, and in the client's own logs.
    ///   - observer: who follows the request, if anybody.
    public init(
        _ request: APIRequest, scheme: String = "https", authority: String, timeout: Duration,
        call: CallID, attempt: UInt32, correlationID: CorrelationID,
        observer: (any RequestObserver)? = nil
    ) {
        self.init(
            Call(
                request, call, correlationID,
                base: BaseURL(scheme: scheme, authority: authority), observer: observer,
                steps: nil, started: 0, deadline: .max),
            credential: nil, timeout: timeout.nanoseconds, attempt: attempt)
    }

    init(_ call: Call, credential: Credential?, timeout: Int64, attempt: UInt32) {
        origin = call
        self.credential = credential
        self.timeout = timeout
        self.attempt = attempt
    }

    private static let jsonType = HTTPField(name: .contentType, value: "application/json")
    private static let jsonAccepted = HTTPField(name: .accept, value: "application/json")

    /// All fields: the caller's, the credential, the correlation id, and the content type of a body.
    /// Put together when read, because a transport in memory never reads it.
    public var headerFields: HTTPFields {
        var fields = origin.request.headers.fields
        if let credential {
            fields[credential.fieldName] = credential.prefix + credential.secret.exposed
        }
        fields[.requestID] = nil
        let hasType = fields.contains { $0.name == .contentType }
        let hasAccept = fields.contains { $0.name == .accept }
        // All at once: HTTPFields moves what it has for each one that is set.
        var more = [HTTPField(name: .requestID, value: correlationID.description)]
        if body != nil, !hasType { more.append(Self.jsonType) }
        if !hasAccept { more.append(Self.jsonAccepted) }
        fields.append(contentsOf: more)
        return fields
    }
}

extension HTTPField.Name {
    /// `X-API-Key`, which carries an API key unless told otherwise.
    public static let apiKey = HTTPField.Name("X-API-Key")!
    /// `X-Request-Id`, which carries the correlation id.
    public static let requestID = HTTPField.Name("X-Request-Id")!
    /// `Idempotency-Key`, which makes any method safe to send again.
    public static let idempotencyKey = HTTPField.Name("Idempotency-Key")!
}

/// A complete answer.
public struct TransportResponse: Sendable {
    /// 100 to 599.
    public var statusCode: Int
    /// The header fields as they came.
    public var headerFields: HTTPFields
    /// The body, decompressed.
    public var body: [UInt8]

    /// A complete answer.
    public init(statusCode: Int, headerFields: HTTPFields = [:], body: [UInt8] = []) {
        self.statusCode = statusCode
        self.headerFields = headerFields
        self.body = body
    }
}
