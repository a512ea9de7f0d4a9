import Trace

/// Checks that what is written holds no secret: the lines of the clients' logs, the names and dimensions of their
/// metrics, and the trace. Confined to the simulation's thread.
///
/// Counted as checks are texts that come from a client, which is what could give a secret away. The trace is
/// searched as well, whole; none of its lines is a check of its own, since no field of it is taken from what a
/// client sends.
final class SecretsChecker: FlightEventConsumer {
    private let ledger = InvariantLedger()
    private let secret: [UInt8]

    /// - Parameter secret: a text that no output may hold; begins with a rare character, for a fast search.
    init(secret: String) { self.secret = Array(secret.utf8) }

    func consume(_ event: FlightEvent, of request: RequestRecord, at instant: Int64) {}

    /// Looks for the secret in a text that a client has written.
    /// - Parameters:
    ///   - text: what was written.
    ///   - place: where, for the message.
    func search(_ text: String, in place: StaticString) {
        let isClean = text.utf8.withContiguousStorageIfAvailable { bytes in
            unsafe !Self.holds(bytes.span, secret)
        }
        ledger.check(
            .noSecretShown, isClean ?? !Self.holds(Array(text.utf8).span, secret), 0, 0,
            "the API key stands in \(place)")
    }

    /// Looks for the secret in lines of the trace.
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
