import Synchronization

/// The source of the client's random numbers.
///
/// A simulation keys each draw by the identity of the decision, so that the draws of one request
/// never change those of another.
public protocol ChanceSource: Sendable {
    /// A whole number in `0..<bound`, each equally likely. `bound` is at least 1.
    ///
    /// The same arguments may give the same number every time; the client asks at most once for
    /// each combination of purpose, call and attempt.
    func draw(below bound: UInt64, for purpose: ChancePurpose, call: CallID, attempt: UInt32)
        -> UInt64
}

/// The decision that a draw is made for.
public enum ChancePurpose: String, Sendable, Hashable, CaseIterable {
    /// The jitter of the wait after an attempt.
    case backoff
    /// One half of a correlation id; the attempt number, 0 or 1, selects the half.
    case correlation
}

/// Random numbers for production. They are not fit for secrets.
///
/// The system's generator supplies 128 bits at the start and is not used again: each of its numbers
/// is a system call, which would cost more than everything else that the client does for a request.
public struct SystemChance: ChanceSource {
    private let words = Words()

    /// Makes a source with a random state of its own.
    public init() {}

    /// A random number in `0..<bound`. Purpose, call and attempt are ignored.
    public func draw(
        below bound: UInt64, for purpose: ChancePurpose, call: CallID, attempt: UInt32
    ) -> UInt64 {
        var words = words
        return words.next(upperBound: bound)
    }

    /// SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014) with a
    /// second key, so that two sources with overlapping states do not produce the same ids.
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
