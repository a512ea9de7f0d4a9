import KeyedChance
import Testing

@testable import Flight

@Suite("What a flight remembers of paths") struct FadingMemoryTests {
    @Test(arguments: 0..<8 as Range<UInt64>)
    func `is there for its horizon and holds no more than twice that brought`(seed: UInt64) {
        var memory = FadingMemory<UInt64, Int64>(horizon: 1_000)
        var last: [UInt64: Int64] = [:]
        var now: Int64 = 0
        var chance = Chance(seed: seed, stream: Chance.Stream("memory"))
        for _ in 0..<20_000 {
            now += Int64(chance.below(20))
            let key = chance.below(300)
            if let instant = last[key], now - instant < 1_000 { #expect(memory[key] == instant) }
            // Whatever the memory still holds must be the last value set.
            if let known = memory[key] { #expect(known == last[key]) }
            memory.set(now, for: key, at: now)
            last[key] = now
        }
        #expect(memory.count <= 600)
    }

    @Test func `a flight over ever new paths remembers those of the last two horizons only`() throws
    {
        let answers = KnownAnswers(horizon: 60_000)
        let load = try CheckerRig.load(cached: true)
        var most = 0
        for index in 0..<200_000 as Range<Int64> {
            answers.answered("/things/\(index)", load, mayBeKept: true, at: index)
            most = max(most, answers.count)
        }
        #expect(most == 120_000)
        let now: Int64 = 199_999
        let young = answers.origin(
            "/things/\(now - 59_999)", load, among: [load], age: 59_999, at: now)
        #expect(young == .own(age: 59_999))
        // The entry is dropped; the reported age alone shows the violation.
        #expect(
            answers.origin("/things/0", load, among: [load], age: now, at: now) == .own(age: now))
        #expect(answers.origin("/things/0", load, among: [load], age: nil, at: now) == .nowhere)
    }
}
