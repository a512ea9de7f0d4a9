import Trace

/// What is said about traces.
enum TraceWords {
    /// The first difference between two traces; nil where there is none.
    /// - Throws: `TraceError`.
    static func difference(_ left: String, _ right: String) throws -> String? {
        let outcome = try TraceDiff.firstDifference(left, right)
        guard let difference = outcome.difference else { return nil }
        return "event \(difference.line) differs:\n  \(difference.left ?? "(the trace ends)")\n"
            + "  \(difference.right ?? "(the trace ends)")"
    }
}
