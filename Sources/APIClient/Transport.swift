public import HTTPTypes

/// Sends one attempt and returns its answer. Retries, breakers and caches are not its concern.
public protocol Transport: Sendable {
    /// Sends an attempt and waits for the complete answer.
    /// - Returns: a complete answer of any status.
    /// - Throws: ``TransportError``. The code is `timedOut` exactly `request.timeout` after the
    ///   call, where an answer at that very instant is still in time. It is `cancelled` as soon as
    ///   the task is cancelled.
    func send(_ request: TransportRequest) async throws(TransportError) -> TransportResponse
}

/// One attempt, as it is passed to a transport.
///
/// It refers to its request instead of copying it: copying retains a dozen references, and an
/// attempt is passed on several times.
public struct TransportRequest: Sendable, CustomReflectable {
    private var origin: Call
    private let credential: Credential?
    /// The time limit of the attempt, in nanoseconds from the call of the transport, above zero.
    public var timeout: Int64
    /// The number of the attempt within its request; 1 for the first send.
    public var attempt: UInt32

    /// The HTTP method.
    public var method: HTTPRequest.Method { origin.request.method }
    /// The scheme of the client's base URL: `http` or `https`.
    public var scheme: String { origin.base.scheme }
    /// The host of the base URL, with the port if it has one.
    public var authority: String { origin.base.authority }
    /// Path and query, percent-encoded. A transport may set it to redirect the attempt.
    public var target: String {
        get { origin.target }
        set { origin = origin.aimed(at: newValue) }
    }
    /// The JSON text in UTF-8; nil: no body.
    public var body: [UInt8]? { origin.request.body?.bytes }
    /// The identity of the request that the attempt belongs to.
    public var call: CallID { origin.id }
    /// The id that the request's log lines, its `X-Request-Id` field and its error carry as well.
    public var correlationID: CorrelationID { origin.correlationID }
    /// Receives the events of the request; nil if there is no observer.
    public var observer: (any RequestObserver)? { origin.observer }
    /// A mirror without header fields and body, which may hold secrets.
    public var customMirror: Mirror {
        Mirror(
            self,
            children: [
                "method": method, "authority": authority, "target": target, "timeout": timeout,
                "call": call, "attempt": attempt,
            ])
    }

    /// Makes an attempt without a client, for testing a transport by itself.
    ///
    /// - Parameters:
    ///   - method: the HTTP method.
    ///   - scheme: `http` or `https`. Defaults to `https`.
    ///   - authority: the host, with a port if needed.
    ///   - target: path and query, percent-encoded.
    ///   - headerFields: the fields that are sent in addition to those of every request. Defaults
    ///     to none.
    ///   - body: the JSON text; nil (the default): no body.
    ///   - timeout: the time limit, above zero. Defaults to 5 s.
    ///   - call: the identity that orders events in a simulation. Defaults to request 0 of client
    ///     0.
    ///   - attempt: 1 (the default) for the first send.
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

    /// Makes an attempt at a request, for another client implementation that uses transports
    /// directly.
    ///
    /// - Parameters:
    ///   - request: what to send. Its header fields are sent unchecked.
    ///   - scheme: `http` or `https`. Defaults to `https`.
    ///   - authority: the host, with a port if needed.
    ///   - timeout: the time limit, above zero.
    ///   - call: the identity of the request that the attempt belongs to.
    ///   - attempt: 1 for the first send.
    ///   - correlationID: the id that is sent as `X-Request-Id`.
    ///   - observer: receives the events of the request. Defaults to none.
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

    /// All header fields: the caller's, the credential, the correlation id, and the content type of
    /// a body. They are composed on each read, because a transport in memory never reads them.
    public var headerFields: HTTPFields {
        var fields = origin.request.headers.fields
        if let credential {
            fields[credential.fieldName] = credential.prefix + credential.secret.exposed
        }
        fields[.requestID] = nil
        let hasType = fields.contains { $0.name == .contentType }
        let hasAccept = fields.contains { $0.name == .accept }
        // All at once: `HTTPFields` moves its contents for each field that is set.
        var more = [HTTPField(name: .requestID, value: correlationID.description)]
        if body != nil, !hasType { more.append(Self.jsonType) }
        if !hasAccept { more.append(Self.jsonAccepted) }
        fields.append(contentsOf: more)
        return fields
    }
}

extension HTTPField.Name {
    /// `X-API-Key`, the default field for an API key.
    public static let apiKey = HTTPField.Name("X-API-Key")!
    /// `X-Request-Id`, the field for the correlation id.
    public static let requestID = HTTPField.Name("X-Request-Id")!
    /// `Idempotency-Key`, the field that makes any method safe to retry.
    public static let idempotencyKey = HTTPField.Name("Idempotency-Key")!
}

/// A complete answer of any status.
public struct TransportResponse: Sendable {
    /// The HTTP status, 100 to 599.
    public var statusCode: Int
    /// The header fields as received.
    public var headerFields: HTTPFields
    /// The body after decompression; empty if there is none.
    public var body: [UInt8]

    /// Makes an answer, by default without header fields and body.
    public init(statusCode: Int, headerFields: HTTPFields = [:], body: [UInt8] = []) {
        self.statusCode = statusCode
        self.headerFields = headerFields
        self.body = body
    }
}
