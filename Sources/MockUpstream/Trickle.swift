/// The schedule of a slow body: it is sent in slices, the first at the start and the last at the
/// end.
struct Trickle {
    /// The instant of the first slice.
    let start: Int64
    /// Nanoseconds from the first slice to the last.
    let time: Int64
    /// The number of bytes in total.
    let count: Int
    private let slices: Int

    /// The largest distance between two slices in nanoseconds, as long as there are enough bytes. A
    /// slow body should not look like one that has stopped.
    private static let gapMax: Int64 = 100_000_000

    init(start: Int64, time: Int64, count: Int) {
        (self.start, self.time, self.count) = (start, time, count)
        slices = min(count, max(16, Int(clamping: time / Self.gapMax)))
    }

    /// The number of bytes that may have been sent by an instant.
    func allowed(at now: Int64) -> Int {
        if now >= end { return count }
        if now < start || slices < 2 { return 0 }
        let slice = (now - start) / gap
        return bytes(upTo: min(Int(slice), slices - 2))
    }

    /// The instant of the slice that takes the number of sent bytes beyond `sent`.
    func due(after sent: Int) -> Int64 {
        let slice = ((sent + 1) * slices + count - 1) / max(1, count) - 1
        return slice >= slices - 1 ? end : start + gap * Int64(slice)
    }

    private var end: Int64 { start.plus(time) }
    private var gap: Int64 { max(1, time / Int64(slices - 1)) }
    private func bytes(upTo slice: Int) -> Int { count * (slice + 1) / slices }
}

extension Int64 {
    /// The sum, or `Int64.max` if it overflows.
    func plus(_ other: Int64) -> Int64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? .max : sum
    }
}
