public import HTTPTypes

/// A request as it arrives at the upstream.
public struct ArrivedRequest: Sendable {
    /// Method and path behind one reference, because a request is passed between functions many
    /// times.
    package var target: Target
    private var contentBox: ContentBox?

    /// The HTTP method.
    public var method: HTTPRequest.Method {
        get { target.method }
        set { target = Target(newValue, target.path) }
    }
    /// The path, with or without a query; routes and scopes ignore the query.
    public var path: String {
        get { target.path }
        set { target = Target(target.method, newValue) }
    }
    /// The client's number, from 0. With `request` and `attempt` it keys the attempt's chance.
    public var client: UInt32
    /// The request's number within its client, from 0.
    public var request: UInt64
    /// The number of the attempt within its request; 1 for the first send.
    public var attempt: UInt32
    /// How long the client waits for the answer, in nanoseconds from the arrival.
    public var clientTimeout: Int64
    /// Header fields and body. nil if the model does not read them (``UpstreamModel/readsContent``)
    /// and for an attempt that was never sent.
    public var content: Content? {
        get { contentBox?.content }
        set { contentBox = newValue.map { ContentBox($0) } }
    }

    /// Method and path. Requests with equal ones may share an instance.
    package final class Target: Sendable {
        package let method: HTTPRequest.Method
        package let path: String

        package init(_ method: HTTPRequest.Method, _ path: String) {
            (self.method, self.path) = (method, path)
        }
    }

    private final class ContentBox: Sendable {
        let content: Content
        init(_ content: Content) { self.content = content }
    }

    /// The header fields and the body of a request.
    public struct Content: Sendable {
        /// All header fields, credentials included.
        public var headerFields: HTTPFields
        /// The body; empty if there is none.
        public var body: [UInt8]
        /// Makes a content of header fields and a body. The body defaults to empty.
        public init(headerFields: HTTPFields, body: [UInt8] = []) {
            (self.headerFields, self.body) = (headerFields, body)
        }
    }

    /// Makes a request. By default its client waits for ever.
    public init(
        method: HTTPRequest.Method, path: String, client: UInt32 = 0, request: UInt64,
        attempt: UInt32 = 1, clientTimeout: Int64 = .max, content: Content? = nil
    ) {
        target = Target(method, path)
        self.client = client
        self.request = request
        self.attempt = attempt
        self.clientTimeout = clientTimeout
        contentBox = content.map { ContentBox($0) }
    }
}

/// What the upstream does with a request. It is decided once, on arrival.
public struct Decision: Sendable {
    /// How the exchange ends for the client.
    public enum Ending: Sendable {
        /// A complete answer.
        case answer(Answer)
        /// No connection is established, or it fails before a complete answer. The answer is the
        /// one that would have been given.
        case broken(Breakage, Answer)
        /// No answer ever comes. `beforeRequest`: already the TLS handshake is not answered
        /// (`handshake_hang`).
        case hang(beforeRequest: Bool)
    }

    /// The limit that refused a request.
    public enum Refusal: String, Sendable, Hashable {
        /// The quota: no token was left. The answer is a 429.
        case quota
        /// The capacity: all servers were busy and the queue was full. The answer is a 503.
        case capacity
    }

    /// The time that a request spends in the queue and at a server.
    public struct Service: Sendable, Hashable {
        /// Nanoseconds in the queue.
        public var wait: Int64
        /// Nanoseconds at the server; less than the distribution drew if the work was dropped.
        public var duration: Int64
        /// Makes a stay of its two parts.
        public init(wait: Int64, duration: Int64) { (self.wait, self.duration) = (wait, duration) }
    }

    /// How the exchange ends for the client.
    public var ending: Ending
    /// Nanoseconds from the arrival until the ending reaches the client; 0 for `hang`, which never
    /// does.
    public var delay: Int64
    /// The part of `delay`, at its end, in which a slow body arrives, in nanoseconds.
    public var bodyTime: Int64
    /// The instant of virtual time before which a 429 or 503 asks the client not to return; nil
    /// without a valid `Retry-After`. It is the intended instant, which a date may not express
    /// exactly.
    public var notBefore: Int64?
    /// The limit that refused the request; nil if it was not refused.
    public var refusal: Refusal?
    /// The time in the queue and at a server; nil if the upstream has no capacity, or the request
    /// did not get to a server.
    public var service: Service?
    /// Whether the request takes effect at the upstream. A fault may still replace the answer.
    public var takesEffect: Bool
    /// The indices in the configuration of the faults that shaped the exchange.
    public var touchedBy: [Int]
    /// The indices of terminal faults that struck too, but were overridden by another fault or a
    /// refusal.
    public var shadowed: [Int]

    /// Makes a decision. By default no fault has touched it.
    /// - Parameters:
    ///   - ending: how the exchange ends.
    ///   - delay: nanoseconds from the arrival until that end.
    ///   - notBefore: the instant before which the client must not return; nil (the default): there
    ///     is none.
    ///   - takesEffect: whether the request takes effect. nil (the default): it does if the
    ///     answer's status is below 400, or if the exchange breaks after the request was read.
    ///   - touchedBy: indices of faults. Defaults to none.
    ///   - shadowed: indices of faults. Defaults to none.
    public init(
        ending: Ending, delay: Int64, notBefore: Int64? = nil, takesEffect: Bool? = nil,
        touchedBy: [Int] = [], shadowed: [Int] = []
    ) {
        self.ending = ending
        self.delay = delay
        bodyTime = 0
        self.notBefore = notBefore
        refusal = nil
        service = nil
        self.takesEffect = takesEffect ?? ending.usuallyTakesEffect
        self.touchedBy = touchedBy
        self.shadowed = shadowed
    }
}

extension Decision.Ending {
    /// Whether the exchange ends before the upstream has read the request.
    public var isBeforeRequest: Bool {
        switch self {
        case .answer: false
        case .broken(let breakage, _): breakage.isBeforeRequest
        case .hang(let beforeRequest): beforeRequest
        }
    }

    var usuallyTakesEffect: Bool {
        if case .answer(let answer) = self { return answer.status < 400 }
        return !isBeforeRequest
    }
}

/// How an exchange fails without a complete answer.
public enum Breakage: String, Sendable, Hashable, CaseIterable {
    case refused
    case reset
    case resetMidBody = "reset_mid_body"
    case truncated
    case empty
    case garbage
    case badChunk = "bad_chunk"
    case headersCut = "headers_cut"
    case duplicateLength = "duplicate_length"
    case hugeHeaders = "huge_headers"
    case badGzip = "bad_gzip"
    case expired
    case wrongHost = "wrong_host"
    case untrusted

    /// Whether it happens before the method and the path are known, so that no request has arrived.
    public var isBeforeRequest: Bool {
        switch self {
        case .refused, .expired, .wrongHost, .untrusted: true
        default: false
        }
    }
}

/// A complete answer.
public struct Answer: Sendable {
    /// The HTTP status, 100 to 599.
    public let status: Int
    /// All header fields.
    public var fields: HTTPFields
    /// The body as it is sent; empty for 204 and 304.
    public let body: [UInt8]

    /// Makes an answer. The body is dropped if the status does not allow one.
    public init(status: Int, fields: HTTPFields, body: [UInt8]) {
        (self.status, self.fields) = (status, fields)
        self.body = Self.mayHaveBody(status) ? body : []
    }

    /// Whether an answer with this status may have a body (RFC 9110 sections 15.3.5 and 15.4.5).
    package static func mayHaveBody(_ status: Int) -> Bool { status != 204 && status != 304 }
}
