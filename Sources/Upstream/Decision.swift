public import HTTPTypes

/// A request as it reaches the upstream.
public struct ArrivedRequest: Sendable {
    /// What is asked, in one reference: a request is handed from one to the next many times.
    package var target: Target
    private var contentBox: ContentBox?

    /// The method, as it stands in the request line.
    public var method: HTTPRequest.Method {
        get { target.method }
        set { target = Target(newValue, target.path) }
    }
    /// The path; a query is ignored by routes and scopes.
    public var path: String {
        get { target.path }
        set { target = Target(target.method, newValue) }
    }
    /// The identity of the attempt, which keys its chance. `attempt` is 1 for a request's first send.
    public var client: UInt32
    /// The request's number.
    public var request: UInt64
    /// The number of the send, from 1.
    public var attempt: UInt32
    /// How long the client waits before it goes away, in nanoseconds from the arrival.
    public var clientTimeout: Int64
    /// Fields and body; nil where the model does not read them (``UpstreamModel/readsContent``), and for
    /// an attempt that was never sent.
    public var content: Content? {
        get { contentBox?.content }
        set { contentBox = newValue.map { ContentBox($0) } }
    }

    /// Method and path. Requests that ask the same may share one.
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

    /// What a request carries besides method and path.
    public struct Content: Sendable {
        /// All header fields, credentials included.
        public var headerFields: HTTPFields
        /// Empty where there is none.
        public var body: [UInt8]
        /// Fields and a body.
        public init(headerFields: HTTPFields, body: [UInt8] = []) {
            (self.headerFields, self.body) = (headerFields, body)
        }
    }

    /// A request as it arrives; its client waits for ever unless told otherwise.
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

/// What the upstream does with a request: decided on arrival, once and for all.
public struct Decision: Sendable {
    /// How the exchange ends for the client.
    public enum Ending: Sendable {
        /// A complete answer.
        case answer(Answer)
        /// No connection comes about, or it fails before a complete answer; with the answer that would
        /// have been given.
        case broken(Breakage, Answer)
        /// Nothing ever comes: after the request, or, with `handshake_hang`, already to the greeting.
        case hang(beforeRequest: Bool)
    }

    /// Who turned a request away that no fault struck.
    public enum Refusal: String, Sendable, Hashable {
        /// More requests than the quota allows: 429.
        case quota
        /// All servers are busy and the queue is full: 503.
        case capacity
    }

    /// The time that a request spends at a server of limited number.
    public struct Service: Sendable, Hashable {
        /// Nanoseconds in the queue before it.
        public var wait: Int64
        /// Nanoseconds of work; less than the distribution drew where the work was dropped.
        public var duration: Int64
        /// A stay at a server.
        public init(wait: Int64, duration: Int64) { (self.wait, self.duration) = (wait, duration) }
    }

    /// How it ends.
    public var ending: Ending
    /// From the arrival to the moment when the ending reaches the client, in nanoseconds; 0 for
    /// `hang`, which never does.
    public var delay: Int64
    /// The part of `delay`, at its end, over which a slow body trickles in.
    public var bodyTime: Int64
    /// The instant of virtual time before which the answer asks not to be asked again, where it is a
    /// 429 or a 503 with a valid `Retry-After`: what was meant, whatever a client reads into it.
    public var notBefore: Int64?
    /// Who turned the request away, if anybody.
    public var refusal: Refusal?
    /// nil: the upstream has no capacity, or the request never got to a server.
    public var service: Service?
    /// Whether the upstream does what it was asked: a fault may spoil the answer all the same.
    public var takesEffect: Bool
    /// The faults that shaped the exchange, by their place in the configuration.
    public var touchedBy: [Int]
    /// Terminal faults that struck too, but stand behind another.
    public var shadowed: [Int]

    /// A decision that no fault touched, unless told otherwise.
    /// - Parameters:
    ///   - ending: how it ends.
    ///   - delay: from the arrival to that end, in nanoseconds.
    ///   - notBefore: an instant of virtual time; nil: it asks nobody to stay away.
    ///   - takesEffect: nil: where it is an answer below 400, or breaks after the request was read.
    ///   - touchedBy: places of faults.
    ///   - shadowed: places of faults.
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
    /// Whether the upstream reads the request at all.
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

    /// Whether it happens before a method or a path is known: no request has arrived then.
    public var isBeforeRequest: Bool {
        switch self {
        case .refused, .expired, .wrongHost, .untrusted: true
        default: false
        }
    }
}

/// A complete answer.
public struct Answer: Sendable {
    /// 100 to 599.
    public let status: Int
    /// All header fields.
    public var fields: HTTPFields
    /// The body, as it is sent.
    public let body: [UInt8]

    /// An answer. One that may have no body has none, whatever is given: no wire would carry it.
    public init(status: Int, fields: HTTPFields, body: [UInt8]) {
        (self.status, self.fields) = (status, fields)
        self.body = Self.mayHaveBody(status) ? body : []
    }

    /// Whether a final answer of that status may have a body (RFC 9110, sections 15.3.5 and 15.4.5).
    package static func mayHaveBody(_ status: Int) -> Bool { status != 204 && status != 304 }
}
