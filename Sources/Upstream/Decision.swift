public import HTTPTypes

/// A request as it reaches the upstream.
public struct ArrivedRequest: Sendable {
    /// The method, as it stands in the request line.
    public var method: HTTPRequest.Method
    /// The path; a query is ignored by routes and scopes.
    public var path: String
    /// The identity of the attempt, which keys its chance. `attempt` is 1 for a request's first send.
    public var client: UInt32
    /// The request's number.
    public var request: UInt64
    /// The number of the send, from 1.
    public var attempt: UInt32

    /// A request as it arrives.
    public init(
        method: HTTPRequest.Method, path: String, client: UInt32 = 0, request: UInt64,
        attempt: UInt32 = 1
    ) {
        self.method = method
        self.path = path
        self.client = client
        self.request = request
        self.attempt = attempt
    }
}

/// What the upstream does with a request: decided on arrival, once and for all.
public struct Decision: Sendable {
    /// How the exchange ends for the client.
    public enum Ending: Sendable {
        /// A complete answer.
        case answer(Answer)
        /// No connection comes about.
        case refused
        /// The connection breaks instead of an answer.
        case reset
        /// Nothing ever comes.
        case hang
    }

    /// How it ends.
    public var ending: Ending
    /// From the arrival to the moment when the ending reaches the client, in nanoseconds; 0 for
    /// `hang`, which never does.
    public var delay: Int64
    /// The instant of virtual time before which the answer asks not to be asked again, where it is a
    /// 429 or a 503 with a valid `Retry-After`: what was meant, whatever a client reads into it.
    public var notBefore: Int64?
    /// The faults that shaped the exchange, by their place in the configuration.
    public var touchedBy: [Int] = []
    /// Terminal faults that struck too, but stand behind another.
    public var shadowed: [Int] = []

    /// A decision that no fault touched, unless told otherwise.
    public init(
        ending: Ending, delay: Int64, notBefore: Int64? = nil, touchedBy: [Int] = [],
        shadowed: [Int] = []
    ) {
        self.ending = ending
        self.delay = delay
        self.notBefore = notBefore
        self.touchedBy = touchedBy
        self.shadowed = shadowed
    }
}

/// A complete answer.
public struct Answer: Sendable {
    /// 100 to 599.
    public var status: Int
    /// All header fields.
    public var fields: HTTPFields
    /// The body, as it is sent.
    public var body: [UInt8]

    /// An answer.
    public init(status: Int, fields: HTTPFields, body: [UInt8]) {
        (self.status, self.fields, self.body) = (status, fields, body)
    }
}
