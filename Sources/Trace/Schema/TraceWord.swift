/// The words that a field can hold: the raw values of an enumeration.
public protocol TraceVocabulary: RawRepresentable, CaseIterable, Sendable, Hashable
where RawValue == String {}

/// A word of a trace. A word that only a later version knows can be read as text.
public struct TraceWord<Known: TraceVocabulary>: Sendable, Hashable, CustomStringConvertible {
    /// The word as it is written.
    public var text: String

    /// The case of the word; nil: this version does not know it.
    public var known: Known? { Known(rawValue: text) }

    /// The same as ``text``.
    public var description: String { text }

    /// Makes a word that was read.
    init(text: String) { self.text = text }
}
