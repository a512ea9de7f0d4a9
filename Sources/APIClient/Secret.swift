import Synchronization

/// A text that is never shown: printing, interpolating or dumping it gives `<redacted>`.
public struct Secret: Sendable, Hashable, CustomStringConvertible, CustomDebugStringConvertible,
    CustomReflectable
{
    /// The text itself, for the place that sends it.
    public let exposed: String

    /// Wraps a text that must not be shown.
    public init(_ text: String) { exposed = text }

    /// Always `<redacted>`.
    public var description: String { "<redacted>" }
    /// Always `<redacted>`.
    public var debugDescription: String { "<redacted>" }
    /// Shows no children.
    public var customMirror: Mirror { Mirror(self, children: EmptyCollection<Mirror.Child>()) }
}

/// Takes known secrets out of texts on their way to a log or an error.
struct Redactor {
    /// Shorter secrets would take ordinary words apart; they are left to the rule that no header
    /// value, parameter or body is ever written.
    private static let lengthMin = 4
    /// Tokens are renewed for as long as a client lives; those long out of use are forgotten.
    private static let recentMax = 64
    private var kept: [Secret] = []
    private var recent: [Secret] = []
    private var secrets: [Secret] = []

    /// Takes a secret out of all texts from now on.
    mutating func keep(_ secret: Secret) {
        if Self.isLongEnough(secret), !kept.contains(secret) { kept.append(secret) }
        arrange()
    }

    /// Takes a secret out of all texts until 64 others have come.
    mutating func learn(_ secret: Secret) {
        guard recent.last != secret, Self.isLongEnough(secret) else { return }
        let isNew = !recent.contains(secret)
        recent.removeAll { $0 == secret }
        recent.append(secret)
        if recent.count > Self.recentMax { recent.removeFirst() }
        if isNew { arrange() }
    }

    private static func isLongEnough(_ secret: Secret) -> Bool {
        secret.exposed.utf8.count >= lengthMin
    }

    // Longest first, so that a secret that contains another goes as a whole.
    private mutating func arrange() {
        secrets = (kept + recent).sorted { $0.exposed.utf8.count > $1.exposed.utf8.count }
    }

    func redact(_ text: String) -> String {
        // Bytes: a combining mark behind a secret makes another character of its last one.
        var bytes = Array(text.utf8)
        var hasChanged = false
        for secret in secrets {
            let parts = bytes.split(
                separator: Array(secret.exposed.utf8), omittingEmptySubsequences: false)
            guard parts.count > 1 else { continue }
            bytes = Array(parts.joined(separator: secret.description.utf8))
            hasChanged = true
        }
        return hasChanged ? String(decoding: bytes, as: UTF8.self) : text
    }
}

/// The redactor of all tasks that use a client.
final class SharedRedactor: Sendable {
    private let redactor: Mutex<Redactor>

    init(secrets: [Secret]) {
        var redactor = Redactor()
        for secret in secrets { redactor.keep(secret) }
        self.redactor = Mutex(redactor)
    }

    func learn(_ secret: Secret) { redactor.withLock { $0.learn(secret) } }

    func redact(_ text: String) -> String { redactor.withLock { $0 }.redact(text) }
}
