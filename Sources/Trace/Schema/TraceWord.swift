/// The words that a field holds: the raw values of an enumeration.
public protocol TraceVocabulary: RawRepresentable, CaseIterable, Sendable, Hashable
where RawValue == String {}

/// A word of a trace. One that only a later version knows stays readable.
public struct TraceWord<Known: TraceVocabulary>: Sendable, Hashable, CustomStringConvertible {
    /// The word as it is written.
    public var text: String

    /// The word's meaning; nil where this version does not know it.
    public var known: Known? { Known(rawValue: text) }

    /// The word as it is written.
    public var description: String { text }

    /// A word that was read.
    init(text: String) { self.text = text }
}
