extension TraceEvent {
    /// The kinds of events that this version writes.
    public enum Kind: Sendable, Hashable, CaseIterable {
        case request, attempt, answer, failure, cancel, wait, refused, giveUp, breaker, cache, end

        /// The word for it in a trace.
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

        /// The kind that a trace has this word for; nil where this version does not know it.
        public init?(_ name: String) {
            guard let kind = Self.allCases.first(where: { "\($0.name)" == name }) else {
                return nil
            }
            self = kind
        }

        /// What says which fields it has, and reads and writes them.
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

/// What an event of one kind holds besides its identity. Each kind's fields are declared, written and
/// read in one file.
protocol TracePayload: Sendable {
    /// What happens, in one line of Markdown.
    static var meaning: StaticString { get }
    /// The fields, in the order in which they are written.
    static var fields: [TraceFieldShape] { get }

    /// Reads the fields.
    static func content(_ reader: inout TraceLineReader) throws(TraceLineError)
        -> TraceEvent.Content
    /// Begins a line and adds the fields.
    func write(to line: inout LineBuffer, _ identity: TraceEvent.Identity)
}

extension TraceEvent.Content {
    /// The content without its case; nil for a kind that this version does not know.
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

/// The trace's format as data: which events there are and which fields each has.
public enum TraceSchema {
    /// One kind of events.
    public struct Event: Sendable, Hashable {
        /// The word for it in a trace.
        public var kind: String
        /// What happens, in one line of Markdown.
        public var meaning: String
        /// Its own fields, in the order in which they are written.
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
