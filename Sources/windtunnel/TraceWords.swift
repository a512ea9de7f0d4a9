import Report
import Trace

/// Texts about two traces.
enum TraceWords {
    /// The first difference between two traces, in words; nil: there is none.
    /// - Throws: `TraceError`.
    static func difference(_ left: String, _ right: String) throws(TraceError) -> String? {
        try TraceDiff.firstDifference(left, right).difference?.text(left: left, right: right)
    }
}
