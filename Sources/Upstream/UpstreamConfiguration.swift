/// The complete description of an upstream: its answers, its latency, its limits and its faults.
public struct UpstreamConfiguration: Sendable, Hashable {
    /// The latency of every route without a latency of its own. Defaults to 0.
    public var latency: Distribution
    /// How many requests are served at once. nil (the default): any number.
    public var capacity: Capacity?
    /// How many requests are admitted in a time. nil (the default): any number.
    public var quota: Quota?
    /// The routes; the first one that matches a request answers it. A request without a route gets
    /// 200 and ``defaultBody``. Defaults to none.
    public var routes: [Route]
    /// The faults in the order of the file: of several terminal faults that strike, the first takes
    /// effect. Defaults to none.
    public var faults: [Fault]
    /// The duration above which ground truth counts an answer as a failure, in nanoseconds. It is
    /// not the client's timeout. Defaults to 5 s.
    public var referenceTimeout: Int64

    /// The body of an answer for which no body is configured.
    public static let defaultBody = #"{"ok":true}"#

    /// Makes a configuration. By default the upstream answers at once and never fails.
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

/// The answer to some of the requests.
public struct Route: Sendable, Hashable {
    /// The paths that the route matches.
    public var path: PathPattern
    /// The method that the route matches; nil (the default): every method.
    public var method: String?
    /// The latency of the route; nil (the default): the upstream's.
    public var latency: Distribution?
    /// The HTTP status, 100 to 599. Defaults to 200.
    public var status: Int
    /// Header fields in addition to `Content-Type: application/json`, which a field of that name
    /// replaces. Defaults to none.
    public var headers: [Field]
    /// The body; nil (the default): ``UpstreamConfiguration/defaultBody``.
    public var body: String?
    /// A JSON Schema of draft 7 as JSON text, against which clients check 2xx answers; nil (the
    /// default): no check. The upstream itself does not use it.
    public var schema: String?

    /// Makes a route. By default it answers 200 with the default body.
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
