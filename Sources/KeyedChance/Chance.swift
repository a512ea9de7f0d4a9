/// A random generator for one decision, keyed by the identity of that decision.
///
/// Two decisions never share a generator. So an additional draw for one decision changes no other,
/// two configurations face the same random events, and a scenario that is made smaller keeps the
/// rest of its draws. The sequence is part of the determinism guarantee: it never changes within a
/// trace format.
public struct Chance: Sendable {
    /// The subject of a decision, such as `latency` or `arrivals`. Different streams with the same
    /// identity are independent.
    public struct Stream: Sendable, Hashable {
        @usableFromInline let key: UInt64

        /// Makes a stream of a name.
        /// - Parameter name: any text. Its UTF-8 bytes are hashed with 64-bit FNV-1a, which, unlike
        ///   `hashValue`, is the same in every process.
        public init(_ name: String) {
            var hash: UInt64 = 0xcbf2_9ce4_8422_2325
            for byte in name.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
            key = hash
        }

        /// A stream for a numbered object, such as the third fault of a file.
        @inlinable public func numbered(_ number: Int) -> Stream {
            let step = Chance.golden &* (UInt64(truncatingIfNeeded: number) &+ 1)
            return Stream(key: Chance.mix(key &+ step))
        }

        @usableFromInline init(key: UInt64) { self.key = key }
    }

    /// All decisions of one stream in one run. Keep it if there are many: it holds half of the
    /// mixing.
    public struct Family: Sendable, Hashable {
        @usableFromInline let state: UInt64

        /// Makes the family of a stream.
        /// - Parameters:
        ///   - seed: the run's seed, any value.
        ///   - stream: the subject of the decisions.
        @inlinable public init(seed: UInt64, stream: Stream) {
            state = Chance.mix(Chance.mix(seed &+ Chance.golden) ^ stream.key)
        }
    }

    @usableFromInline static let golden: UInt64 = 0x9e37_79b9_7f4a_7c15
    @usableFromInline var state: UInt64

    /// Makes the generator of a decision.
    /// - Parameters:
    ///   - seed: the run's seed, any value.
    ///   - stream: the subject of the decision.
    ///   - client: the client's number, from 0. Defaults to 0.
    ///   - request: the request's number, from 0. Defaults to 0.
    ///   - attempt: the attempt's number; 1 is the first send. 0 (the default) if the decision is
    ///     not about an attempt.
    @inlinable public init(
        seed: UInt64, stream: Stream, client: UInt32 = 0, request: UInt64 = 0, attempt: UInt32 = 0
    ) {
        self.init(
            Family(seed: seed, stream: stream), client: client, request: request, attempt: attempt)
    }

    /// Makes the same generator as ``init(seed:stream:client:request:attempt:)`` with the family's
    /// seed and stream.
    @inlinable public init(
        _ family: Family, client: UInt32 = 0, request: UInt64 = 0, attempt: UInt32 = 0
    ) {
        // Each word is mixed before the next is added, so that neighbouring identities share no low
        // bits.
        var state = Self.mix(
            family.state &+ (UInt64(client) << 32 | UInt64(attempt)) &* Self.golden)
        state = Self.mix(state ^ request)
        self.state = state
    }

    /// Makes a generator in the middle of its sequence, for tests against published vectors.
    init(state: UInt64) { self.state = state }

    /// The next 64 random bits (SplitMix64; Steele, Lea, Flood: Fast Splittable Pseudorandom Number
    /// Generators, 2014).
    @inlinable public mutating func next() -> UInt64 {
        state &+= Self.golden
        return Self.mix(state)
    }

    /// A whole number in `0..<bound`, each equally likely.
    ///
    /// The method is multiplication with rejection (Lemire, "Fast Random Integer Generation in an
    /// Interval", 2019). It is implemented here because the standard library may draw differently
    /// in another version of Swift.
    /// - Parameter bound: at least 1.
    /// - Returns: 0 to `bound - 1`.
    @inlinable public mutating func below(_ bound: UInt64) -> UInt64 {
        precondition(bound > 0, "below(0) has no answer")
        var product = next().multipliedFullWidth(by: bound)
        if product.low < bound {
            // 2^64 modulo the bound. For bounds above 2^63 it is the difference, without a
            // division.
            let rest = 0 &- bound
            let threshold = rest < bound ? rest : rest % bound
            while product.low < threshold { product = next().multipliedFullWidth(by: bound) }
        }
        return product.high
    }

    /// A whole number in `range`, both ends included, each equally likely.
    @inlinable public mutating func within(_ range: ClosedRange<Int64>) -> Int64 {
        let width = UInt64(bitPattern: range.upperBound &- range.lowerBound)
        if width == .max { return Int64(bitPattern: next()) }
        return range.lowerBound &+ Int64(bitPattern: below(width &+ 1))
    }

    /// Whether an event of this probability happens. Probabilities of 1 and above always happen.
    @inlinable public mutating func happens(_ probability: Ratio) -> Bool {
        // Probabilities 0 and 1 draw nothing; no other decision depends on the number of draws.
        if probability.numerator == 0 { return false }
        if probability.numerator >= probability.denominator { return true }
        return below(probability.denominator) < probability.numerator
    }

    /// A number strictly between 0 and 1: the midpoint of one of 2^52 equal cells, each equally
    /// likely.
    @inlinable public mutating func unit() -> Double {
        (Double(next() >> 12) + 0.5) * 0x1p-52
    }

    /// The finalizer of SplitMix64 (variant 13 of Stafford's mixers).
    @inlinable static func mix(_ value: UInt64) -> UInt64 {
        var z = value
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}
