import KeyedChance
import Testing

@testable import Upstream

/// The probabilities of a chain, in percent.
struct ChainCase: Sendable, CustomTestStringConvertible {
    var enter: UInt64
    var leave: UInt64
    var testDescription: String { "enter \(enter) %, leave \(leave) %" }

    /// The share of slots in which it is on.
    var share: Double { Double(enter) / Double(enter + leave) }
    /// What one slot tells about the next.
    var memory: Double { 1 - Double(enter + leave) / 100 }

    func chain(_ number: Int = 0, slot: Int64 = 1) -> BurstChain {
        BurstChain(
            seed: 3, stream: Chance.Stream("test.burst").numbered(number),
            enter: Ratio(enter, of: 100), leave: Ratio(leave, of: 100), slot: slot)
    }

    // The last one tends to turn round: a slot that is on makes the next one less likely to be.
    static let all = [
        ChainCase(enter: 1, leave: 20), ChainCase(enter: 10, leave: 30),
        ChainCase(enter: 50, leave: 50), ChainCase(enter: 80, leave: 60),
    ]
}

@Suite struct BurstChainTests {
    private static let slots = 40_000

    /// Neighbours are correlated: the variance of the share is p (1 - p) (1 + r) / (1 - r) over the
    /// number of slots, r the correlation of neighbours.
    @Test(arguments: ChainCase.all) func itIsOnAsOftenAsItsStationaryDistribution(item: ChainCase) {
        let chain = item.chain()
        let on = (0..<Int64(Self.slots)).count { chain.isOn(at: $0) }
        let variance = item.share * (1 - item.share) * (1 + item.memory) / (1 - item.memory)
        let bound = Bounds.z * (variance / Double(Self.slots)).squareRoot()
        #expect(abs(Double(on) / Double(Self.slots) - item.share) <= bound)
        #expect(bound < 0.05)
    }

    /// In independent chains, at slots 1 000 and 1 000 + k: both on with probability
    /// p^2 + p (1 - p) r^k.
    @Test(arguments: ChainCase.all) func itsMemoryFadesGeometrically(item: ChainCase) {
        let chains = 10_000
        var power = 1.0
        for k in 0..<4 as Range<Int64> {
            let both = (0..<chains).count { number in
                let chain = item.chain(number)
                return chain.isOn(at: 1_000) && chain.isOn(at: 1_000 + k)
            }
            let expected = item.share * item.share + item.share * (1 - item.share) * power
            let found = Double(both) / Double(chains)
            #expect(abs(found - expected) <= Bounds.share(expected, of: chains), "\(k) slots")
            power *= item.memory
        }
    }

    /// The lengths of complete runs, on and off, by chi-square; the last class holds the rest.
    @Test(arguments: ChainCase.all) func itsRunsAreGeometric(item: ChainCase) {
        let chain = item.chain(1)
        var runs: [(isOn: Bool, length: Int)] = []
        for slot in 0..<Int64(Self.slots) {
            let isOn = chain.isOn(at: slot)
            if runs.last?.isOn == isOn {
                runs[runs.count - 1].length += 1
            } else {
                runs.append((isOn, 1))
            }
        }
        // The first and the last are cut.
        runs = Array(runs.dropFirst().dropLast())
        for (isOn, percent) in [(true, item.leave), (false, item.enter)] {
            let lengths = runs.filter { $0.isOn == isOn }.map(\.length)
            let end = Double(percent) / 100
            var (expected, counts) = ([Double](), [Int]())
            var rest = Double(lengths.count)
            let step = end < 0.1 ? 20 : 1
            var from = 1
            // Classes of at least ten runs.
            while true {
                var stays = 1.0
                for _ in 0..<step { stays *= 1 - end }
                guard rest * (1 - stays) >= 10, rest * stays >= 10 else { break }
                expected.append(rest * (1 - stays))
                counts.append(lengths.count { (from..<from + step).contains($0) })
                rest *= stays
                from += step
            }
            expected.append(rest)
            counts.append(lengths.count { $0 >= from })
            #expect(counts.count >= 3)
            #expect(chiSquare(counts, expected) <= Bounds.chiSquare(freedom: counts.count - 1))
        }
    }

    @Test(arguments: ChainCase.all) func itDoesNotMatterWhereOneLooksFirst(item: ChainCase) {
        let slots = Array(0..<2_000 as Range<Int64>)
        let forward = item.chain(2)
        let states = slots.map { forward.isOn(at: $0 * 10) }
        #expect(states.contains(true) && states.contains(false))
        let backward = item.chain(2)
        #expect(slots.reversed().map { backward.isOn(at: $0 * 10) }.reversed() == states)
        let atRandom = item.chain(2)
        var chance = Chance(seed: 9, stream: Chance.Stream("test.places"))
        for _ in 0..<2_000 {
            let place = Int(chance.below(2_000))
            #expect(atRandom.isOn(at: slots[place] * 10) == states[place])
        }
        for place in slots.indices.dropLast(1_990) {
            #expect(item.chain(2).isOn(at: slots[place] * 10) == states[place])
        }
    }

    @Test(arguments: ChainCase.all) func theNextEdgeIsTheFirstSlotOfAnotherState(item: ChainCase) {
        let chain = item.chain(4, slot: 100)
        let reference = item.chain(4, slot: 100)
        for instant in stride(from: 0, to: 60_000, by: 333) as StrideTo<Int64> {
            let isOn = reference.isOn(at: instant)
            let edge = chain.nextEdge(after: instant, before: .max)
            let next = ((instant / 100 + 1)...).first { reference.isOn(at: $0 * 100) != isOn }
            #expect(edge == next.map { $0 * 100 })
            if let edge {
                #expect(chain.nextEdge(after: instant, before: edge) == nil)
                #expect(chain.nextEdge(after: instant, before: edge + 1) == edge)
            }
        }
    }

    @Test func whatNeverOrAlwaysChangesIsAnsweredAtOnce() {
        let off = ChainCase(enter: 0, leave: 20).chain()
        let stuck = ChainCase(enter: 0, leave: 0).chain()
        let on = ChainCase(enter: 1, leave: 0).chain()
        for instant in [0, 5, .max / 2] as [Int64] {
            #expect(!off.isOn(at: instant) && !stuck.isOn(at: instant) && on.isOn(at: instant))
            for chain in [off, stuck, on] {
                #expect(chain.nextEdge(after: instant, before: .max) == nil)
            }
        }
        let blinking = ChainCase(enter: 100, leave: 100).chain()
        let states = (0..<6 as Range<Int64>).map { blinking.isOn(at: $0) }
        #expect(zip(states, states.dropFirst()).allSatisfy { $0 != $1 })
        #expect(blinking.nextEdge(after: 3, before: .max) == 4)
    }

    /// Two faults of a file, and two seeds, have bursts of their own.
    @Test func chainsOfTheSameRulesAreIndependent() {
        let item = ChainCase(enter: 50, leave: 50)
        let (a, b) = (item.chain(5), item.chain(6))
        let both = (0..<20_000 as Range<Int64>).count { a.isOn(at: $0) && b.isOn(at: $0) }
        #expect(abs(Double(both) / 20_000 - 0.25) <= Bounds.share(0.25, of: 20_000))
    }
}
