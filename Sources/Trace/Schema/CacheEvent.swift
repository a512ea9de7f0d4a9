extension TraceEvent {
    /// The cache acts for a request.
    public struct Cache: Sendable, Hashable {
        /// The actions of a cache.
        public enum Action: String, TraceVocabulary {
            case hit, miss, followed, stored, stale, invalidated

            /// The name as a literal, for writing.
            @inlinable public var name: StaticString {
                @inline(__always) get {
                    switch self {
                    case .hit: "hit"
                    case .miss: "miss"
                    case .followed: "followed"
                    case .stored: "stored"
                    case .stale: "stale"
                    case .invalidated: "invalidated"
                    }
                }
            }
        }

        /// The action of the cache.
        public var action: TraceWord<Action>
        /// The age of the returned answer, in nanoseconds; nil: the action is neither `hit` nor `stale`.
        public var age: Int64?
        /// The time for which the answer is kept, in nanoseconds; nil: the action is not `stored`.
        public var life: Int64?

        /// The fields of a `cache` event.
        public enum Field {
            /// The action of the cache.
            @inlinable public static var action: RequiredField<TraceWord<Action>> {
                .init("k", "what it did")
            }
            /// The age of the returned answer, in nanoseconds.
            @inlinable public static var age: OptionalField<Int64> {
                .init("age", "with `hit` and `stale`, how old the answer is")
            }
            /// The time for which the answer is kept, in nanoseconds.
            @inlinable public static var life: OptionalField<Int64> {
                .init("life", "with `stored`, for how long the answer is kept")
            }
        }

        /// Adds the line without its end.
        ///
        /// - Parameters:
        ///   - line: receives the fields.
        ///   - identity: the identity of the event.
        ///   - action: a word of `Action`.
        ///   - age: the age of the returned answer, in nanoseconds; nil (the default): none was returned from
        ///     the cache.
        ///   - life: the time for which the answer is kept, in nanoseconds; nil (the default): none was stored.
        @inlinable @inline(__always)
        public static func write(
            to line: inout LineBuffer, _ identity: Identity, action: some TraceText,
            age: Int64? = nil, life: Int64? = nil
        ) {
            line.begin(identity, Kind.cache.name)
            line.put(Field.action, action)
            if let age { line.put(Field.age, age) }
            if let life { line.put(Field.life, life) }
        }
    }
}

extension TraceEvent.Cache: TracePayload {
    static var meaning: StaticString { "what the cache did for the request" }
    static var fields: [TraceFieldShape] {
        [Field.action.shape, Field.age.shape, Field.life.shape]
    }

    static func content(_ reader: inout TraceLineReader) throws(TraceLineError)
        -> TraceEvent.Content
    {
        .cache(
            Self(
                action: try reader.read(Field.action), age: try reader.read(Field.age),
                life: try reader.read(Field.life)))
    }

    func write(to line: inout LineBuffer, _ identity: TraceEvent.Identity) {
        Self.write(to: &line, identity, action: action.text, age: age, life: life)
    }
}
