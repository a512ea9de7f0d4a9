/// Where the client draws its chance. A simulation keys each draw by the decision's identity; so the
/// draws of one request never move those of another.
public protocol ChanceSource: Sendable {
    /// A whole number in `0..<bound`, `bound` at least 1, each equally likely.
    ///
    /// The same arguments may give the same answer every time; the client asks at most once for one
    /// combination of purpose, call and attempt.
    func draw(below bound: UInt64, for purpose: ChancePurpose, call: CallID, attempt: UInt32)
        -> UInt64
}

/// What a draw decides.
public enum ChancePurpose: String, Sendable, Hashable, CaseIterable {
    /// The jitter of the wait after an attempt.
    case backoff
    /// One half of a correlation id; attempt 0 and 1 stand for the halves.
    case correlation
}

/// The machine's random numbers. For production; a simulation brings its own.
public struct SystemChance: ChanceSource {
    /// The machine's generator.
    public init() {}

    /// A number that depends on nothing.
    public func draw(
        below bound: UInt64, for purpose: ChancePurpose, call: CallID, attempt: UInt32
    ) -> UInt64 {
        var generator = SystemRandomNumberGenerator()
        return generator.next(upperBound: bound)
    }
}
