/// A text that is never shown: printing, interpolating or dumping it gives `<redacted>`.
public struct Secret: Sendable, Hashable, CustomStringConvertible, CustomDebugStringConvertible,
    CustomReflectable
{
    /// The text itself, for the place that sends it.
    public let exposed: String

    public init(_ text: String) { exposed = text }

    public var description: String { "<redacted>" }
    public var debugDescription: String { "<redacted>" }
    public var customMirror: Mirror { Mirror(self, children: EmptyCollection<Mirror.Child>()) }
}

/// Takes known secrets out of texts on their way to a log or an error.
struct Redactor: Sendable {
    /// Shorter secrets would take ordinary words apart; they are left to the rule that no header
    /// value, parameter or body is ever written.
    private static let lengthMin = 4
    private(set) var secrets: [Secret] = []

    mutating func learn(_ secret: Secret) {
        guard secret.exposed.utf8.count >= Self.lengthMin, !secrets.contains(secret) else { return }
        secrets.append(secret)
        // Longest first, so that a secret that contains another goes as a whole.
        secrets.sort { $0.exposed.utf8.count > $1.exposed.utf8.count }
    }

    func redact(_ text: String) -> String {
        var text = text
        for secret in secrets where text.contains(secret.exposed) {
            text = text.split(separator: secret.exposed, omittingEmptySubsequences: false)
                .joined(separator: secret.description)
        }
        return text
    }
}
