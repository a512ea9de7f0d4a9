import Report
import Trace

/// What is said about traces.
enum TraceWords {
    /// The first difference between two traces; nil where there is none.
    /// - Throws: `TraceError`.
    static func difference(_ left: String, _ right: String) throws(TraceError) -> String? {
        try TraceDiff.firstDifference(left, right).difference.map { words($0) }
    }

    /// The lines that differ, under each other.
    static func words(_ difference: TraceDiff.Difference) -> String {
        let (left, right) = (shown(difference.left), shown(difference.right))
        return "line \(difference.line) differs:\n  \(left)\n  \(right)"
    }

    private static func shown(_ line: String?) -> String {
        line.map { Wording.printable($0) } ?? "(the events end)"
    }
}
