extension TraceEvent {
    /// What the cache did for a request.
    public struct Cache: Sendable, Hashable {
        /// What a cache does.
        public enum Action: String, TraceVocabulary {
            case hit, miss, followed, stored, stale, invalidated

            /// The word as a literal, for writing.
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

        /// What it did.
        public var action: TraceWord<Action>
        /// The age of the answer that was served, in nanoseconds; nil unless it is a hit or stale.
        public var age: Int64?
        /// For how many nanoseconds the answer is kept; nil unless it was stored.
        public var life: Int64?

        /// The fields of what the cache did.
        public enum Field {
            /// What it did.
            @inlinable public static var action: RequiredField<TraceWord<Action>> {
                .init("k", "what it did")
            }
            /// The answer's age.
            @inlinable public static var age: OptionalField<Int64> {
                .init("age", "with `hit` and `stale`, how old the answer is")
            }
            /// How long it is kept.
            @inlinable public static var life: OptionalField<Int64> {
                .init("life", "with `stored`, for how long the answer is kept")
            }
        }

        /// Adds the line, except for its end.
        ///
        /// - Parameters:
        ///   - line: gets the fields.
        ///   - identity: of the event.
        ///   - action: a word of `Action`.
        ///   - age: nanoseconds; nil unless an answer was served.
        ///   - life: nanoseconds; nil unless an answer was stored.
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
