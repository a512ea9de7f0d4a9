import Synchronization

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

/// Random numbers for production; a simulation brings its own.
///
/// The machine's generator gives the start, 128 bits, and is then left alone: each of its numbers is a
/// system call, which would cost a request more than everything else that the client does. Good for
/// jitter and for ids; not for secrets.
public struct SystemChance: ChanceSource {
    private let words = Words()

    /// A source of its own.
    public init() {}

    /// A number that depends on nothing.
    public func draw(
        below bound: UInt64, for purpose: ChancePurpose, call: CallID, attempt: UInt32
    ) -> UInt64 {
        var words = words
        return words.next(upperBound: bound)
    }

    /// SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014) with a
    /// second key, so that two sources with overlapping states do not give the same ids.
    private struct Words: RandomNumberGenerator, Sendable {
        private final class State: Sendable {
            let counter: Atomic<UInt64>
            let key: UInt64

            init() {
                var generator = SystemRandomNumberGenerator()
                counter = Atomic(generator.next())
                key = generator.next()
            }
        }

        private let state = State()

        func next() -> UInt64 {
            let step: UInt64 = 0x9e37_79b9_7f4a_7c15
            let count = state.counter.wrappingAdd(step, ordering: .relaxed).newValue
            return Self.mix(Self.mix(count) &+ state.key)
        }

        private static func mix(_ value: UInt64) -> UInt64 {
            var z = value
            z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
            z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
            return z ^ (z >> 31)
        }
    }
}
