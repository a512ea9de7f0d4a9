/// One event of a trace: its kind and data, its instant, and the request it belongs to.
///
/// Reads every line of this and later versions of the format: unknown kinds, fields and words are kept unchanged.
public struct TraceEvent: Sendable, Hashable {
    /// The instant of the event, with its client and request.
    public var identity: Identity
    /// The kind of the event, with its data.
    public var content: Content
    /// Fields that this version does not know, in the order of the line. For an unknown kind, all fields but
    /// those that every event has.
    public var unknownFields: [UnknownField]

    /// The instant of an event, with its client and request.
    @frozen public struct Identity: Sendable, Hashable {
        /// The instant, in nanoseconds of virtual time.
        public var instant: Int64
        /// The number of the client, from 0.
        public var client: UInt32
        /// The number of the request: its position in its load, from 0, plus 10^12 per earlier load.
        public var request: UInt64

        /// Makes the identity of an event.
        @inlinable @inline(__always)
        public init(instant: Int64, client: UInt32, request: UInt64) {
            self.instant = instant
            self.client = client
            self.request = request
        }
    }

    /// The kind of an event, with its data.
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
        /// An event of a later version, with its kind as in the line.
        case unknown(kind: String)
    }

    /// A field that this version does not know.
    public struct UnknownField: Sendable, Hashable {
        /// The key, without escapes.
        public var key: String
        /// The JSON text of the value, unchanged.
        public var json: String
    }

    /// Reads the line of an event.
    /// - Parameter line: any bytes, without a line break.
    /// - Throws: the defect of the line.
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

    /// Adds the line of the event in the form that the program writes, with unknown fields at the end.
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
        /// The instant, in nanoseconds of virtual time.
        @inlinable public static var instant: RequiredField<Int64> {
            .init("t", "nanoseconds of virtual time")
        }
        /// The number of the client; left out for client 0.
        @inlinable public static var client: OptionalField<UInt32> {
            .init("c", "the client's number; left out for 0")
        }
        /// The number of the request.
        @inlinable public static var request: RequiredField<UInt64> {
            .init(
                "r",
                "the request's number: its position in its load, from 0, plus 10^12 for each load before"
            )
        }
        /// The kind of the event. A string instead of an enumeration, so that later kinds can be read.
        @inlinable public static var kind: RequiredField<String> { .init("e", "the event's kind") }

        static var shapes: [TraceFieldShape] {
            [instant.shape, client.shape, request.shape, kind.shape]
        }

        /// The beginning of every line, up to the instant.
        @inlinable static var opening: StaticString { "{\"t\":" }
    }
}

extension LineBuffer {
    /// Begins the line of an event: the instant, the client unless it is 0, the request, and the kind. In this
    /// order the part that a line has in common with the previous one is contiguous, which saves a tenth of a
    /// compressed trace.
    @inlinable @inline(__always)
    mutating func begin(_ identity: TraceEvent.Identity, _ kind: some TraceText) {
        begin(identity.instant)
        if identity.client != 0 { put(TraceEvent.Field.client, identity.client) }
        put(TraceEvent.Field.request, identity.request)
        put(TraceEvent.Field.kind, kind)
    }
}
