extension TraceEvent {
    /// The kinds of events that this version writes.
    public enum Kind: Sendable, Hashable, CaseIterable {
        case request, attempt, answer, failure, cancel, wait, refused, giveUp, breaker, cache, end

        /// The name of the kind in a trace.
        @inlinable public var name: StaticString {
            @inline(__always) get {
                switch self {
                case .request: "request"
                case .attempt: "attempt"
                case .answer: "answer"
                case .failure: "failure"
                case .cancel: "cancel"
                case .wait: "wait"
                case .refused: "refused"
                case .giveUp: "give_up"
                case .breaker: "breaker"
                case .cache: "cache"
                case .end: "end"
                }
            }
        }

        /// The kind with this name; nil: this version does not know it.
        public init?(_ name: String) {
            guard let kind = Self.allCases.first(where: { "\($0.name)" == name }) else {
                return nil
            }
            self = kind
        }

        /// The type that declares, reads and writes the fields of the kind.
        var payload: any TracePayload.Type {
            switch self {
            case .request: Request.self
            case .attempt: Attempt.self
            case .answer: Answer.self
            case .failure: Failure.self
            case .cancel: Cancel.self
            case .wait: Wait.self
            case .refused: Refused.self
            case .giveUp: GiveUp.self
            case .breaker: Breaker.self
            case .cache: Cache.self
            case .end: End.self
            }
        }
    }
}

/// The data of one kind of event besides its identity. The fields of each kind are declared, written and read
/// in one file.
protocol TracePayload: Sendable {
    /// The meaning of the event, in one line of Markdown.
    static var meaning: StaticString { get }
    /// The fields, in the order of writing.
    static var fields: [TraceFieldShape] { get }

    /// Reads the fields of a line.
    static func content(_ reader: inout TraceLineReader) throws(TraceLineError)
        -> TraceEvent.Content
    /// Begins a line and adds the fields.
    func write(to line: inout LineBuffer, _ identity: TraceEvent.Identity)
}

extension TraceEvent.Content {
    /// The data without the enumeration case; nil: this version does not know the kind.
    var payload: (any TracePayload)? {
        switch self {
        case .request(let payload): payload
        case .attempt(let payload): payload
        case .answer(let payload): payload
        case .failure(let payload): payload
        case .cancel(let payload): payload
        case .wait(let payload): payload
        case .refused(let payload): payload
        case .giveUp(let payload): payload
        case .breaker(let payload): payload
        case .cache(let payload): payload
        case .end(let payload): payload
        case .unknown: nil
        }
    }
}

/// The format of traces as data: the kinds of events and the fields of each.
public enum TraceSchema {
    /// One kind of event.
    public struct Event: Sendable, Hashable {
        /// The name of the kind in a trace.
        public var kind: String
        /// The meaning of the event, in one line of Markdown.
        public var meaning: String
        /// The fields besides the common ones, in the order of writing.
        public var fields: [TraceFieldShape]
    }

    /// The fields that every event begins with.
    public static var commonFields: [TraceFieldShape] { TraceEvent.Field.shapes }

    /// All kinds of events.
    public static var events: [Event] {
        TraceEvent.Kind.allCases.map {
            Event(
                kind: "\($0.name)", meaning: "\($0.payload.meaning)", fields: $0.payload.fields)
        }
    }
}
