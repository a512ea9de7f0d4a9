/// The times at which something is active: from `start` for `duration`, repeated every `period`.
///
/// Times are nanoseconds of virtual time. Intervals are half open: active at `start`, not any more
/// at `start + duration`.
public struct Schedule: Sendable, Hashable {
    /// The first active instant; 0 or more.
    public var start: Int64
    /// The length of an occurrence; nil (the default): until the end of the run.
    public var duration: Int64?
    /// The distance between the starts of two occurrences, at least `duration`; nil (the default):
    /// there is one occurrence.
    public var period: Int64?

    /// Active from the beginning to the end of the run.
    public static let always = Schedule(start: 0)

    /// Makes a schedule. All times are in nanoseconds.
    public init(start: Int64, duration: Int64? = nil, period: Int64? = nil) {
        (self.start, self.duration, self.period) = (start, duration, period)
    }

    /// The number of the occurrence, from 0, that is active at an instant; nil: none is.
    public func occurrence(at instant: Int64) -> Int64? {
        guard instant >= start else { return nil }
        guard let duration else { return 0 }
        let passed = instant - start
        guard let period else { return passed < duration ? 0 : nil }
        return passed % period < duration ? passed / period : nil
    }

    /// The first instant after `instant` at which an occurrence begins or ends; nil: never again.
    public func nextEdge(after instant: Int64) -> Int64? {
        guard instant >= start else { return start }
        guard let duration else { return nil }
        guard let period else { return Self.later(start, duration, than: instant) }
        let begun = start + (instant - start) / period * period
        // If the duration fills the period there is no gap, and the edge has no effect.
        return Self.later(begun, duration, than: instant) ?? Self.sum(begun, period)
    }

    private static func later(_ start: Int64, _ duration: Int64, than instant: Int64) -> Int64? {
        guard let end = sum(start, duration), end > instant else { return nil }
        return end
    }

    private static func sum(_ a: Int64, _ b: Int64) -> Int64? {
        let (sum, overflow) = a.addingReportingOverflow(b)
        return overflow ? nil : sum
    }
}
