/// One event of a trace: what happened, when, and to which request.
///
/// Reads every line that a version of this format has written or will write: kinds, fields and words
/// that this version does not know are kept as they stand.
public struct TraceEvent: Sendable, Hashable {
    /// When it happened, and to which request of which client.
    public var identity: Identity
    /// What happened.
    public var content: Content
    /// Fields that this version does not know, in the line's order. Of a kind that it does not know
    /// these are all but the fields that every event has.
    public var unknownFields: [UnknownField]

    /// When an event happened, and to which request of which client.
    @frozen public struct Identity: Sendable, Hashable {
        /// Nanoseconds of virtual time.
        public var instant: Int64
        /// The client's number, from 0.
        public var client: UInt32
        /// The request's number: its position in its load, from 0, plus 10^12 for each load before.
        public var request: UInt64

        /// The identity of an event.
        @inlinable @inline(__always)
        public init(instant: Int64, client: UInt32, request: UInt64) {
            self.instant = instant
            self.client = client
            self.request = request
        }
    }

    /// What happened.
    public enum Content: Sendable, Hashable {
        case request(Request)
        case attempt(Attempt)
        case answer(Answer)
        case failure(Failure)
        case cancel(Cancel)
        case wait(Wait)
        case refused(Refused)
        case giveUp(GiveUp)
        case breaker(Breaker)
        case cache(Cache)
        case end(End)
        /// An event of a later version, by the word that the line has for its kind.
        case unknown(kind: String)
    }

    /// A field that this version does not know.
    public struct UnknownField: Sendable, Hashable {
        /// The key, without escapes.
        public var key: String
        /// The value, as it stands in the line.
        public var json: String
    }

    /// Reads an event's line.
    /// - Parameter line: without its line break; any bytes may come.
    /// - Throws: what is wrong with the line.
    public init(_ line: [UInt8]) throws(TraceLineError) {
        var reader = try TraceLineReader(line)
        identity = try Identity(&reader)
        let kind = try reader.read(Field.kind)
        if let known = Kind(kind) {
            content = try known.payload.content(&reader)
        } else {
            content = .unknown(kind: kind)
        }
        unknownFields = reader.rest
    }

    /// Adds the event's line, as the program writes it; unknown fields come last.
    public func write(to line: inout LineBuffer) {
        if let payload = content.payload {
            payload.write(to: &line, identity)
        } else if case .unknown(let kind) = content {
            line.begin(identity, kind)
        }
        for field in unknownFields { line.raw(named: field.key, json: field.json) }
        line.end()
    }
}

extension TraceEvent.Identity {
    init(_ reader: inout TraceLineReader) throws(TraceLineError) {
        instant = try reader.read(TraceEvent.Field.instant)
        client = try reader.read(TraceEvent.Field.client) ?? 0
        request = try reader.read(TraceEvent.Field.request)
    }
}

extension TraceEvent {
    /// The fields that every event begins with, in this order.
    public enum Field {
        /// When it happened.
        @inlinable public static var instant: RequiredField<Int64> {
            .init("t", "nanoseconds of virtual time")
        }
        /// Whose request it is.
        @inlinable public static var client: OptionalField<UInt32> {
            .init("c", "the client's number; left out for 0")
        }
        /// Which request it is.
        @inlinable public static var request: RequiredField<UInt64> {
            .init(
                "r",
                "the request's number: its position in its load, from 0, plus 10^12 for each load before"
            )
        }
        /// What happened. Not a word of an enumeration, so that any later kind can be read.
        @inlinable public static var kind: RequiredField<String> { .init("e", "the event's kind") }

        static var shapes: [TraceFieldShape] {
            [instant.shape, client.shape, request.shape, kind.shape]
        }

        /// How every line begins: with the instant.
        @inlinable static var opening: StaticString { "{\"t\":" }
    }
}

extension LineBuffer {
    /// Begins an event's line: the instant, the client where there is more than the first, the request,
    /// and the kind. In this order what a line shares with the one before it comes in one piece, which
    /// is a tenth of a compressed trace.
    @inlinable @inline(__always)
    mutating func begin(_ identity: TraceEvent.Identity, _ kind: some TraceText) {
        begin(identity.instant)
        if identity.client != 0 { put(TraceEvent.Field.client, identity.client) }
        put(TraceEvent.Field.request, identity.request)
        put(TraceEvent.Field.kind, kind)
    }
}
