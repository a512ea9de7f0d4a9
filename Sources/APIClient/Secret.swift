import Synchronization

/// A text that is never shown: printing, interpolating or dumping it gives `<redacted>`.
public struct Secret: Sendable, Hashable, CustomStringConvertible, CustomDebugStringConvertible,
    CustomReflectable
{
    /// The text itself, for the code that sends it.
    public let exposed: String

    /// Makes a secret of a text.
    public init(_ text: String) { exposed = text }

    /// The text `<redacted>`, whatever the secret is.
    public var description: String { "<redacted>" }
    /// The text `<redacted>`, whatever the secret is.
    public var debugDescription: String { "<redacted>" }
    /// A mirror without children, so that `dump` shows nothing.
    public var customMirror: Mirror { Mirror(self, children: EmptyCollection<Mirror.Child>()) }
}

/// Replaces known secrets in texts that go to a log or an error.
struct Redactor {
    /// Secrets shorter than this are not redacted, because they would match parts of ordinary
    /// words. They are protected by the rule that header values, parameters and bodies are never
    /// written.
    private static let lengthMin = 4
    /// How many learned secrets are remembered. Tokens are renewed for as long as a client lives,
    /// so the oldest ones are forgotten.
    private static let recentMax = 64
    private var kept: [Secret] = []
    private var recent: [Secret] = []
    private var secrets: [Secret] = []

    /// Redacts a secret from now on, permanently.
    mutating func keep(_ secret: Secret) {
        if Self.isLongEnough(secret), !kept.contains(secret) { kept.append(secret) }
        arrange()
    }

    /// Redacts a secret until 64 other secrets have been learned.
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

    // Longest first, so that a secret that contains another is redacted as a whole.
    private mutating func arrange() {
        secrets = (kept + recent).sorted { $0.exposed.utf8.count > $1.exposed.utf8.count }
    }

    func redact(_ text: String) -> String {
        // Bytes, not characters: a combining mark after a secret would merge with its last
        // character.
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

/// The redactor that all tasks of a client share.
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
