/// The draws of one decision: made from the decision's identity, gone with it.
///
/// Two decisions never share a generator, so a new draw somewhere moves nothing elsewhere, two
/// configurations meet the same weather, and a scenario that shrinks keeps the rest of its chance.
/// The sequence is part of the determinism promise: it never changes within a trace format.
public struct Chance: Sendable {
    /// What a decision is about, such as `latency` or `arrivals`. Different streams with the same
    /// identity are independent.
    public struct Stream: Sendable, Hashable {
        @usableFromInline let key: UInt64

        /// - Parameter name: any text; its UTF-8 bytes are hashed with 64-bit FNV-1a, which, unlike
        ///   `hashValue`, is the same in every process.
        public init(_ name: String) {
            var hash: UInt64 = 0xcbf2_9ce4_8422_2325
            for byte in name.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
            key = hash
        }

        /// A stream of a numbered thing, such as the third fault of a file.
        @inlinable public func numbered(_ number: Int) -> Stream {
            let step = Chance.golden &* (UInt64(truncatingIfNeeded: number) &+ 1)
            return Stream(key: Chance.mix(key &+ step))
        }

        @usableFromInline init(key: UInt64) { self.key = key }
    }

    /// The decisions of one stream in one run. Worth keeping where there are many: half of the mixing
    /// is done.
    public struct Family: Sendable, Hashable {
        @usableFromInline let state: UInt64

        /// - Parameters:
        ///   - seed: the run's seed, any value.
        ///   - stream: what is decided.
        @inlinable public init(seed: UInt64, stream: Stream) {
            state = Chance.mix(Chance.mix(seed &+ Chance.golden) ^ stream.key)
        }
    }

    @usableFromInline static let golden: UInt64 = 0x9e37_79b9_7f4a_7c15
    @usableFromInline var state: UInt64

    /// - Parameters:
    ///   - seed: the run's seed, any value.
    ///   - stream: what is decided.
    ///   - client: the client's number, from 0.
    ///   - request: the request's number, from 0.
    ///   - attempt: the attempt's number; 1 is the first send, 0 where no attempt is meant.
    @inlinable public init(
        seed: UInt64, stream: Stream, client: UInt32 = 0, request: UInt64 = 0, attempt: UInt32 = 0
    ) {
        self.init(
            Family(seed: seed, stream: stream), client: client, request: request, attempt: attempt)
    }

    /// The same decision as ``init(seed:stream:client:request:attempt:)`` of the family's seed and
    /// stream.
    @inlinable public init(
        _ family: Family, client: UInt32 = 0, request: UInt64 = 0, attempt: UInt32 = 0
    ) {
        // Each word is mixed before the next is added: neighbouring identities share no low bits.
        var state = Self.mix(
            family.state &+ (UInt64(client) << 32 | UInt64(attempt)) &* Self.golden)
        state = Self.mix(state ^ request)
        self.state = state
    }

    /// A generator in the middle of its sequence, for tests against published vectors.
    init(state: UInt64) { self.state = state }

    /// The next 64 random bits (SplitMix64; Steele, Lea, Flood: Fast Splittable Pseudorandom Number
    /// Generators, 2014).
    @inlinable public mutating func next() -> UInt64 {
        state &+= Self.golden
        return Self.mix(state)
    }

    /// A whole number in `0..<bound`, each equally likely.
    ///
    /// Multiply and reject (Lemire: Fast Random Integer Generation in an Interval, 2019). Ours,
    /// because the standard library's may draw differently in another version of Swift.
    /// - Parameter bound: at least 1.
    /// - Returns: 0 to `bound - 1`.
    @inlinable public mutating func below(_ bound: UInt64) -> UInt64 {
        precondition(bound > 0, "below(0) has no answer")
        var product = next().multipliedFullWidth(by: bound)
        if product.low < bound {
            // 2^64 modulo the bound; above 2^63 that is the difference, without a division.
            let rest = 0 &- bound
            let threshold = rest < bound ? rest : rest % bound
            while product.low < threshold { product = next().multipliedFullWidth(by: bound) }
        }
        return product.high
    }

    /// A whole number in `range`, both ends included.
    @inlinable public mutating func within(_ range: ClosedRange<Int64>) -> Int64 {
        let width = UInt64(bitPattern: range.upperBound &- range.lowerBound)
        if width == .max { return Int64(bitPattern: next()) }
        return range.lowerBound &+ Int64(bitPattern: below(width &+ 1))
    }

    /// Whether something of this probability happens.
    @inlinable public mutating func happens(_ probability: Ratio) -> Bool {
        // The certain cases draw nothing; nothing else depends on how many draws were made.
        if probability.numerator == 0 { return false }
        if probability.numerator >= probability.denominator { return true }
        return below(probability.denominator) < probability.numerator
    }

    /// A number strictly between 0 and 1: one of the 2^52 midpoints of equal cells.
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
