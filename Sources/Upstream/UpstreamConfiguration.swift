/// Everything about an upstream: what it answers, how fast, and what goes wrong.
public struct UpstreamConfiguration: Sendable, Hashable {
    /// The latency of every route that has none of its own. Defaults to an instant answer.
    public var latency: Distribution
    /// nil: it does any number of requests at once.
    public var capacity: Capacity?
    /// nil: it lets any number of requests through.
    public var quota: Quota?
    /// The first route that matches a request answers it; without one, 200 and `defaultBody`.
    public var routes: [Route]
    /// In the order of the file, which decides between terminal faults.
    public var faults: [Fault]
    /// How long an answer may take before ground truth calls it a failure. Never the client's own
    /// timeout. Nanoseconds; defaults to 5 s.
    public var referenceTimeout: Int64

    /// The body of an answer for which nothing else is said.
    public static let defaultBody = #"{"ok":true}"#

    /// An upstream that answers at once and never fails, unless told otherwise.
    public init(
        latency: Distribution = .fixed(0), capacity: Capacity? = nil, quota: Quota? = nil,
        routes: [Route] = [], faults: [Fault] = [], referenceTimeout: Int64 = 5_000_000_000
    ) {
        self.latency = latency
        self.capacity = capacity
        self.quota = quota
        self.routes = routes
        self.faults = faults
        self.referenceTimeout = referenceTimeout
    }
}

/// What the upstream answers to some requests.
public struct Route: Sendable, Hashable {
    /// Which paths it answers.
    public var path: PathPattern
    /// nil: every method.
    public var method: String?
    /// nil: the upstream's.
    public var latency: Distribution?
    /// 100 to 599. Defaults to 200.
    public var status: Int
    /// Fields beside `Content-Type: application/json`, which a field of that name replaces.
    public var headers: [Field]
    /// nil: `UpstreamConfiguration.defaultBody`.
    public var body: String?
    /// A JSON Schema (draft 7), as JSON text, against which clients check their 2xx answers; nil: they
    /// do not. The upstream itself does nothing with it.
    public var schema: String?

    /// A route that answers 200 with the default body, unless told otherwise.
    public init(
        path: PathPattern, method: String? = nil, latency: Distribution? = nil, status: Int = 200,
        headers: [Field] = [], body: String? = nil, schema: String? = nil
    ) {
        self.path = path
        self.method = method
        self.latency = latency
        self.status = status
        self.headers = headers
        self.body = body
        self.schema = schema
    }
}
