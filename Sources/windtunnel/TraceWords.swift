import Report
import Trace

/// What is said about two traces.
enum TraceWords {
    /// The first difference between two traces; nil where there is none.
    /// - Throws: `TraceError`.
    static func difference(_ left: String, _ right: String) throws(TraceError) -> String? {
        try TraceDiff.firstDifference(left, right).difference?.text(left: left, right: right)
    }
}
