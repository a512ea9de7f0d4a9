import HTTPTypes

/// An error answer, after the usual latency of the upstream.
public struct StatusFault: Sendable, Hashable {
    /// The HTTP status, 100 to 599.
    public var status: Int
    /// The `Retry-After` field of the answer; nil (the default): none.
    public var retryAfter: RetryAfterField?
    /// Header fields in addition to `Content-Type`, in the order of the file. Defaults to none.
    public var headers: [Field]
    /// The body; nil (the default): a short JSON body with the status.
    public var body: String?

    /// Makes an error answer. By default it has a short JSON body.
    public init(
        status: Int, retryAfter: RetryAfterField? = nil, headers: [Field] = [], body: String? = nil
    ) {
        (self.status, self.retryAfter, self.headers, self.body) = (
            status, retryAfter, headers, body
        )
    }
}

/// The form of a `Retry-After` field.
public enum RetryAfterField: Sendable, Hashable {
    /// A number of whole seconds.
    case seconds(Int64)
    /// An HTTP-date this many whole seconds after the answer is sent, rounded up to a whole second
    /// so that it is never before the intended instant.
    case date(seconds: Int64)
    /// Any text, for instance a malformed one.
    case raw(String)
}

/// A header field.
public struct Field: Sendable, Hashable {
    /// The name as it is sent.
    public var name: String
    /// The value as it is sent.
    public var value: String
    /// Makes a field of a name and a value.
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
    /// Nanoseconds from the answer to the first instant at which a retry is welcome; nil if the
    /// text asks for no wait.
    func delay(at wallClock: Int64) -> Int64? {
        switch self {
        case .seconds(let seconds): Self.nanoseconds(seconds)
        case .date(let seconds):
            // The rest of the current second first, which avoids adding large numbers.
            Self.nanoseconds(Self.nextSecond(wallClock) - wallClock / 1_000_000_000, and: seconds)
                - wallClock % 1_000_000_000
        case .raw(let text): Self.delay(text, at: wallClock)
        }
    }

    /// The wait that a text asks for (RFC 9110 section 10.2.3), in nanoseconds. nil if the text is
    /// malformed, a date in the past, or a date in one of the two obsolete forms.
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

    /// The second that begins at or after `wallClock`.
    private static func nextSecond(_ wallClock: Int64) -> Int64 {
        wallClock / 1_000_000_000 + (wallClock % 1_000_000_000 > 0 ? 1 : 0)
    }

    /// A sum of seconds in nanoseconds, saturated.
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
    /// Makes a JSON answer. Its `Content-Type` is `application/json` unless `headers` has one. A
    /// field whose name HTTP does not allow is dropped; scenario files cannot contain one.
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
