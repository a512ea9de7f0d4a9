/// How a body comes in slices: the first at the start, the last at the end of a time.
struct Trickle {
    /// The instant of the first slice.
    let start: Int64
    /// From the first slice to the last, in nanoseconds.
    let time: Int64
    /// Bytes in all.
    let count: Int
    private let slices: Int

    /// Slices are this far apart at the most, as long as there are bytes for them, so that nobody
    /// takes a body that trickles for one that has stopped.
    private static let gapMax: Int64 = 100_000_000

    init(start: Int64, time: Int64, count: Int) {
        (self.start, self.time, self.count) = (start, time, count)
        slices = min(count, max(16, Int(clamping: time / Self.gapMax)))
    }

    /// How many bytes may have left at an instant.
    func allowed(at now: Int64) -> Int {
        if now >= end { return count }
        if now < start || slices < 2 { return 0 }
        let slice = (now - start) / gap
        return bytes(upTo: min(Int(slice), slices - 2))
    }

    /// When the slice comes that takes the sum beyond `sent`.
    func due(after sent: Int) -> Int64 {
        let slice = ((sent + 1) * slices + count - 1) / max(1, count) - 1
        return slice >= slices - 1 ? end : start + gap * Int64(slice)
    }

    private var end: Int64 { start.plus(time) }
    private var gap: Int64 { max(1, time / Int64(slices - 1)) }
    private func bytes(upTo slice: Int) -> Int { count * (slice + 1) / slices }
}

extension Int64 {
    /// A sum that stays at the greatest instant where it would go beyond.
    func plus(_ other: Int64) -> Int64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? .max : sum
    }
}
