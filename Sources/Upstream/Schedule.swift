/// When something is active: from `start` for `duration`, and again every `period`.
///
/// Times are nanoseconds of virtual time. Intervals are half open: active at `start`, no longer at
/// `start + duration`.
public struct Schedule: Sendable, Hashable {
    /// The first instant; 0 or more.
    public var start: Int64
    /// nil: until the end.
    public var duration: Int64?
    /// nil: once. At least `duration`.
    public var period: Int64?

    /// From the beginning to the end.
    public static let always = Schedule(start: 0)

    /// A schedule; nanoseconds throughout.
    public init(start: Int64, duration: Int64? = nil, period: Int64? = nil) {
        (self.start, self.duration, self.period) = (start, duration, period)
    }

    /// Which occurrence, from 0, is active at an instant; nil: none.
    public func occurrence(at instant: Int64) -> Int64? {
        guard instant >= start else { return nil }
        guard let duration else { return 0 }
        let passed = instant - start
        guard let period else { return passed < duration ? 0 : nil }
        return passed % period < duration ? passed / period : nil
    }

    /// The first instant after `instant` at which it begins or ends; nil: never again.
    public func nextEdge(after instant: Int64) -> Int64? {
        guard instant >= start else { return start }
        guard let duration else { return nil }
        guard let period else { return Self.later(start, duration, than: instant) }
        let begun = start + (instant - start) / period * period
        // Active without a gap when the duration fills the period; the edge shows nothing then.
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
