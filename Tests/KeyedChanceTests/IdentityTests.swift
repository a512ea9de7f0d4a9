import KeyedChance
import Testing

/// Chance is keyed by identity: what one decision draws concerns no other.
@Suite struct IdentityTests {
    /// Everything that makes an identity.
    struct Identity: Hashable {
        var seed: UInt64 = 42
        var name = "latency"
        var number = 0
        var client: UInt32 = 1
        var request: UInt64 = 1
        var attempt: UInt32 = 1

        var chance: Chance {
            Chance(
                seed: seed, stream: Chance.Stream(name).numbered(number), client: client,
                request: request, attempt: attempt)
        }

        var first: UInt64 {
            var chance = chance
            return chance.next()
        }
    }

    /// A part of an identity that can be counted up.
    enum Part: CaseIterable {
        case seed, number, client, request, attempt

        func set(_ value: UInt64, in identity: Identity) -> Identity {
            var identity = identity
            switch self {
            case .seed: identity.seed = value
            case .number: identity.number = Int(truncatingIfNeeded: value)
            case .client: identity.client = UInt32(truncatingIfNeeded: value)
            case .request: identity.request = value
            case .attempt: identity.attempt = UInt32(truncatingIfNeeded: value)
            }
            return identity
        }
    }

    @Test func theSameIdentityDrawsTheSame() {
        var (one, other) = (Identity().chance, Identity().chance)
        for _ in 0..<100 { #expect(one.next() == other.next()) }
    }

    @Test func aDrawMoreInOneIdentityMovesNothingElsewhere() {
        func weather(_ draws: Int) -> [UInt64] {
            (0..<20 as Range<UInt64>).map { request in
                var chance = Identity(request: request).chance
                if request == 7 { for _ in 0..<draws { _ = chance.next() } }
                return chance.next()
            }
        }
        let (few, many) = (weather(0), weather(5))
        #expect(few.indices.filter { few[$0] != many[$0] } == [7])
    }

    @Test func noTwoOfManyNeighbouringIdentitiesDrawTheSame() {
        var seen: Set<UInt64> = []
        var count = 0
        for number in 0..<4 {
            for client in 0..<10 as Range<UInt32> {
                for request in 0..<100 as Range<UInt64> {
                    for attempt in 0..<6 as Range<UInt32> {
                        count += 1
                        let identity = Identity(
                            number: number, client: client, request: request, attempt: attempt)
                        seen.insert(identity.first)
                    }
                }
            }
        }
        #expect(seen.count == count)
    }

    /// A value moved from one part to another, and ends of ranges, make another identity.
    @Test func everyPartOfAnIdentityCounts() {
        let identities = [
            Identity(), Identity(seed: 43), Identity(name: "latencz"), Identity(name: ""),
            Identity(number: 1), Identity(number: -1), Identity(number: .max), Identity(client: 2),
            Identity(request: 2), Identity(attempt: 2), Identity(client: 0, attempt: 2),
            Identity(client: 2, attempt: 0), Identity(client: .max), Identity(request: .max),
            Identity(attempt: .max), Identity(seed: .max), Identity(seed: 0),
        ]
        #expect(Set(identities.map(\.first)).count == identities.count)
        #expect(Chance.Stream("latency").numbered(0) != Chance.Stream("latency"))
    }

    @Test(arguments: Part.allCases)
    func eachBitOfNeighboursFirstDrawsIsSetInHalfOfThem(part: Part) {
        let count = 4_096
        var ones = [Int](repeating: 0, count: 64)
        for value in 0..<UInt64(count) {
            let draw = part.set(value, in: Identity()).first
            for bit in 0..<64 { ones[bit] += Int(draw >> UInt64(bit) & 1) }
        }
        // 5 standard deviations of 4,096 fair coins are 160.
        for bit in 0..<64 { #expect(abs(ones[bit] - count / 2) < 160, "bit \(bit)") }
    }

    /// Avalanche: with one bit of the identity flipped, each bit of the draw flips half the time.
    @Test(arguments: Part.allCases)
    func oneFlippedBitFlipsHalfOfTheDraw(part: Part) {
        let width: UInt64 = part == .client || part == .attempt ? 32 : 64
        for flipped in 0..<width {
            var flips = [Int](repeating: 0, count: 64)
            for value in 0..<256 as Range<UInt64> {
                let base = value &* 0x0123_4567_89ab_cdef
                let change =
                    part.set(base, in: Identity()).first
                    ^ part.set(base ^ 1 << flipped, in: Identity()).first
                for bit in 0..<64 { flips[bit] += Int(change >> UInt64(bit) & 1) }
            }
            // 256 fair coins: 128 +- 8; of 64 x 64 trials the extreme stays under 6 deviations.
            #expect(flips.allSatisfy { abs($0 - 128) < 48 }, "bit \(flipped)")
            // And over all 64 bits: 8,192 +- 64.
            #expect(abs(flips.reduce(0, +) - 8_192) < 320, "bit \(flipped)")
        }
    }

    @Test(arguments: Part.allCases)
    func neighboursAreNotCorrelated(part: Part) {
        let units = (0..<4_000 as Range<UInt64>).map { value in
            var chance = part.set(value, in: Identity()).chance
            return chance.unit() - 0.5
        }
        for lag in 1...4 {
            let products = zip(units, units.dropFirst(lag)).reduce(0) { $0 + $1.0 * $1.1 }
            // The coefficient's standard deviation is 1 / sqrt(4,000).
            #expect(abs(products * 12 / 4_000) < 5 / 4_000.0.squareRoot(), "lag \(lag)")
        }
    }

    /// The second draw of one is not the first of the next, as it would be if states were counted.
    @Test(arguments: Part.allCases)
    func sequencesOfNeighboursDoNotOverlap(part: Part) {
        var seen: Set<UInt64> = []
        for value in 0..<200 as Range<UInt64> {
            var chance = part.set(value, in: Identity()).chance
            for _ in 0..<50 { seen.insert(chance.next()) }
        }
        #expect(seen.count == 10_000)
    }
}
