import KeyedChance

/// Whether a bursty fault is on: a Markov chain of two states over slots of virtual time (Gilbert,
/// "Capacity of a Burst-Noise Channel", 1960; Elliott, 1963).
///
/// Each slot has one draw of its own. The state at a slot is found without going through all slots
/// before it: going back, there is a slot whose draw leads to the same state from either state. So
/// the chain is in its stationary distribution from the start, and looking ahead changes nothing.
/// It is a class because it caches the last position; queries mostly go forward. Confined to one
/// thread.
final class BurstChain {
    private let seed: UInt64
    private let stream: Chance.Stream
    private let enter: Ratio
    private let leave: Ratio
    let slot: Int64
    /// The largest number of slots to go back.
    private static let memoryMax = 1_000_000
    /// The slots of the last query, `from..<to`, all in one state.
    private var run: Run?

    private struct Run {
        let from: Int64
        var to: Int64
        let isOn: Bool
        /// Whether slot `to` is known to be in the other state.
        var isOver = false

        init(_ slot: Int64, _ isOn: Bool) { (from, to, self.isOn) = (slot, slot + 1, isOn) }
    }

    init(seed: UInt64, stream: Chance.Stream, enter: Ratio, leave: Ratio, slot: Int64) {
        self.seed = seed
        self.stream = stream
        self.enter = enter
        self.leave = leave
        self.slot = max(1, slot)
    }

    /// Whether the burst is on at an instant, 0 or later.
    func isOn(at instant: Int64) -> Bool { state(instant / slot) }

    /// The start of the next slot at which the burst turns on or off, before `end`; nil: there is
    /// none.
    func nextEdge(after instant: Int64, before end: Int64) -> Int64? {
        guard enter > .zero, leave > .zero else { return nil }
        // Computed without draws, because this is called after every attempt.
        if enter >= .one && leave >= .one {
            let (begin, overflow) = (instant / slot + 1).multipliedReportingOverflow(by: slot)
            return !overflow && begin < end ? begin : nil
        }
        let isOn = state(instant / slot)
        guard var run else { return nil }
        while true {
            let (begin, overflow) = run.to.multipliedReportingOverflow(by: slot)
            guard !overflow, begin < end else { return nil }
            if run.isOver { return begin }
            run.isOver = next(after: isOn, at: run.to) != isOn
            if !run.isOver { run.to += 1 }
            self.run = run
        }
    }

    private func next(after isOn: Bool, at number: Int64) -> Bool {
        let draw = draw(number)
        return isOn ? staysOn(draw) : turnsOn(draw)
    }

    private func state(_ number: Int64) -> Bool {
        // A chain that never or always changes depends on its initial state for ever, so going back
        // is useless.
        if enter == .zero || leave == .zero { return enter > .zero }
        if enter >= .one && leave >= .one { return (number & 1 == 0) == (draw(0) & 1 == 0) }
        if let run, number >= run.from, number < run.to { return run.isOn }
        let isOn: Bool
        if let known = run, number == known.to {
            isOn = known.isOver ? !known.isOn : next(after: known.isOn, at: number)
            if isOn == known.isOn {
                run?.to += 1
                return isOn
            }
        } else {
            isOn = lookBack(from: number)
        }
        run = Run(number, isOn)
        return isOn
    }

    /// The state at a slot, found by going back to a slot whose draw determines it.
    private func lookBack(from number: Int64) -> Bool {
        var behind = number
        var draws: [UInt64] = []
        while true {
            let draw = draw(behind)
            let (fromOff, fromOn) = (turnsOn(draw), staysOn(draw))
            if fromOff == fromOn {
                return draws.reversed().reduce(fromOn) { isOn, draw in
                    isOn ? staysOn(draw) : turnsOn(draw)
                }
            }
            draws.append(draw)
            behind -= 1
            // Two probabilities very near 1, or very near 0, may depend on slots further back. The
            // state is then off.
            guard draws.count < Self.memoryMax else { return false }
        }
    }

    private func draw(_ number: Int64) -> UInt64 {
        var chance = Chance(
            seed: seed, stream: stream, request: UInt64(bitPattern: number))
        return chance.next()
    }

    /// The lowest draws turn the burst on, and the lowest keep it on: one draw serves both.
    private func turnsOn(_ draw: UInt64) -> Bool { Self.share(draw, isBelow: enter) }

    private func staysOn(_ draw: UInt64) -> Bool {
        Self.share(draw, isBelow: Ratio(leave.denominator - leave.numerator, of: leave.denominator))
    }

    /// Whether `draw` / 2^64 is below the ratio.
    private static func share(_ draw: UInt64, isBelow ratio: Ratio) -> Bool {
        UInt128(draw) * UInt128(ratio.denominator) < UInt128(ratio.numerator) << 64
    }
}
