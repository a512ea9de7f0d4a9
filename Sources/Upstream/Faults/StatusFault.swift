import HTTPTypes

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

    /// An error answer with a short JSON body, unless told otherwise.
    public init(
        status: Int, retryAfter: RetryAfterField? = nil, headers: [Field] = [], body: String? = nil
    ) {
        (self.status, self.retryAfter, self.headers, self.body) = (
            status, retryAfter, headers, body
        )
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
    /// As it is sent.
    public var name: String
    /// As it is sent.
    public var value: String
    /// A field.
    public init(name: String, value: String) { (self.name, self.value) = (name, value) }
}

extension StatusFault: FaultEffect {
    var isBreakerFailure: Bool { status >= 500 }

    func ending(instead usual: Answer, _ moment: FaultMoment) -> Decision.Ending {
        let text = body ?? #"{"error":\#(status)}"#
        var answer = Answer.json(status: status, headers: headers, body: text)
        if let retryAfter { answer.fields[.retryAfter] = retryAfter.text(at: moment.wallClock) }
        return .answer(answer)
    }

    func retryAfter(_ moment: FaultMoment) -> Int64? {
        retryAfter?.delay(at: moment.wallClock)
    }
}

extension RetryAfterField {
    /// From the answer to the first instant at which a retry is welcome, in nanoseconds.
    func delay(at wallClock: Int64) -> Int64? {
        switch self {
        case .seconds(let seconds): Self.nanoseconds(seconds)
        case .date(let seconds):
            // First what is left of the answer's own second: no sum of large numbers.
            Self.nanoseconds(Self.nextSecond(wallClock) - wallClock / 1_000_000_000, and: seconds)
                - wallClock % 1_000_000_000
        case .raw(let text): Self.delay(text, at: wallClock)
        }
    }

    /// What a text asks for, read as RFC 9110 section 10.2.3 says; nil where it is malformed, past, or
    /// a date in one of the two obsolete forms.
    static func delay(_ text: String, at wallClock: Int64) -> Int64? {
        if !text.isEmpty,
            text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
        {
            return nanoseconds(Int64(text) ?? .max)
        }
        guard let date = HTTPDateFormat.seconds(text) else { return nil }
        let instant = nanoseconds(date)
        return instant >= wallClock ? instant - wallClock : nil
    }

    /// The second that begins at `wallClock`, or the next one.
    private static func nextSecond(_ wallClock: Int64) -> Int64 {
        wallClock / 1_000_000_000 + (wallClock % 1_000_000_000 > 0 ? 1 : 0)
    }

    /// Seconds as nanoseconds; more than fit become the longest time there is.
    private static func nanoseconds(_ seconds: Int64, and more: Int64 = 0) -> Int64 {
        let sum = Int64.sumSaturated(seconds, more)
        let (product, overflow) = sum.multipliedReportingOverflow(by: 1_000_000_000)
        return overflow ? .max : product
    }

    func text(at wallClock: Int64) -> String {
        switch self {
        case .seconds(let seconds): "\(seconds)"
        case .date(let seconds):
            HTTPDateFormat.string(Int64.sumSaturated(Self.nextSecond(wallClock), seconds))
        case .raw(let text): text
        }
    }
}

extension Answer {
    /// An answer with `Content-Type: application/json`, unless `headers` says otherwise. A field whose
    /// name HTTP does not allow is left out; scenario files cannot hold one.
    static func json(status: Int, headers: [Field], body: String) -> Answer {
        var fields: HTTPFields = [.contentType: "application/json"]
        for header in headers {
            guard let name = HTTPField.Name(header.name) else { continue }
            if name == .contentType {
                fields[.contentType] = header.value
            } else {
                fields.append(HTTPField(name: name, value: header.value))
            }
        }
        return Answer(status: status, fields: fields, body: Array(body.utf8))
    }
}
