extension TraceEvent {
    /// A request arrives.
    public struct Request: Sendable, Hashable {
        /// The method, such as `GET`.
        public var method: String
        /// The path, without the query.
        public var path: String

        /// The fields of a `request` event.
        public enum Field {
            /// The method, such as `GET`.
            @inlinable public static var method: RequiredField<String> { .init("m", "the method") }
            /// The path, without the query.
            @inlinable public static var path: RequiredField<String> {
                .init("p", "the path, without the query")
            }
        }

        /// Adds the line without its end.
        @inlinable @inline(__always)
        public static func write(
            to line: inout LineBuffer, _ identity: Identity, method: String, path: String
        ) {
            line.begin(identity, Kind.request.name)
            line.put(Field.method, method)
            line.put(Field.path, path)
        }
    }

    /// The caller gives up, and the client's task is cancelled.
    public struct Cancel: Sendable, Hashable {
        /// Adds the line without its end.
        @inlinable @inline(__always)
        public static func write(to line: inout LineBuffer, _ identity: Identity) {
            line.begin(identity, Kind.cancel.name)
        }
    }
}

extension TraceEvent.Request: TracePayload {
    static var meaning: StaticString { "a request arrives" }
    static var fields: [TraceFieldShape] { [Field.method.shape, Field.path.shape] }

    static func content(_ reader: inout TraceLineReader) throws(TraceLineError)
        -> TraceEvent.Content
    {
        .request(
            Self(method: try reader.read(Field.method), path: try reader.read(Field.path)))
    }

    func write(to line: inout LineBuffer, _ identity: TraceEvent.Identity) {
        Self.write(to: &line, identity, method: method, path: path)
    }
}

extension TraceEvent.Cancel: TracePayload {
    static var meaning: StaticString { "the caller gives up (`cancel_after`)" }
    static var fields: [TraceFieldShape] { [] }

    static func content(_ reader: inout TraceLineReader) throws(TraceLineError)
        -> TraceEvent.Content
    { .cancel(Self()) }

    func write(to line: inout LineBuffer, _ identity: TraceEvent.Identity) {
        Self.write(to: &line, identity)
    }
}
