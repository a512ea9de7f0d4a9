import Trace

/// Checks that no output contains a secret: log lines of the clients, names and dimensions of their metrics,
/// and the trace. Confined to the simulation's thread.
///
/// Each text from a client counts as a check, since it could reveal a secret. The whole trace is searched as
/// well, but its lines are not counted: none of their fields comes from what a client sends.
final class SecretsChecker: FlightEventConsumer {
    private let ledger = InvariantLedger()
    private let secret: [UInt8]

    /// - Parameter secret: a text that no output may contain. For a fast search it should begin with a rare character.
    init(secret: String) { self.secret = Array(secret.utf8) }

    func consume(_ event: FlightEvent, of request: RequestRecord, at instant: Int64) {}

    /// Searches a text that a client has written for the secret.
    /// - Parameters:
    ///   - text: the text.
    ///   - place: the kind of output, for the message.
    func search(_ text: String, in place: StaticString) {
        let isClean = !Self.holds(text.utf8.span, secret)
        ledger.check(
            .noSecretShown, isClean, 0, 0,
            "the API key stands in \(place)")
    }

    /// Searches lines of the trace for the secret.
    func search(_ lines: borrowing LineBuffer) {
        if lines.contains(secret) {
            ledger.violate(.noSecretShown, 0, 0, "the API key stands in the trace")
        }
    }

    private static func holds(_ text: Span<UInt8>, _ secret: [UInt8]) -> Bool {
        guard let first = secret.first, text.count >= secret.count else { return false }
        for start in 0...(text.count - secret.count) where text[start] == first {
            var length = 1
            while length < secret.count, text[start + length] == secret[length] { length += 1 }
            if length == secret.count { return true }
        }
        return false
    }

    var invariants: [InvariantResult] { ledger.results([.noSecretShown]) }
}
