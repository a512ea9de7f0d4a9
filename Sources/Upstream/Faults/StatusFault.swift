/// An error answer, after the latency that the upstream has anyway.
public struct StatusFault: Sendable, Hashable {
    /// 100 to 599.
    public var status: Int
    /// What the answer says about when to come back.
    public var retryAfter: RetryAfterField?
    /// Fields beside the content type, in the order of the file.
    public var headers: [Field]
    /// nil: a short JSON body that names the status.
    public var body: String?

    public init(
        status: Int, retryAfter: RetryAfterField? = nil, headers: [Field] = [], body: String? = nil
    ) {
        (self.status, self.retryAfter, self.headers, self.body) = (status, retryAfter, headers, body)
    }
}

/// How a `Retry-After` field is written.
public enum RetryAfterField: Sendable, Hashable {
    /// Whole seconds.
    case seconds(Int64)
    /// An HTTP-date, this many whole seconds after the answer's own second, rounded up to whole seconds
    /// so that it never lies before the instant that is meant.
    case date(seconds: Int64)
    /// Any text, such as a malformed one.
    case raw(String)
}

/// A header field.
public struct Field: Sendable, Hashable {
    public var name: String
    public var value: String
    public init(name: String, value: String) { (self.name, self.value) = (name, value) }
}
