import APIClient

extension InvariantLedger {
    /// Records the check of all waits together, if there are enough of them.
    func note(_ spread: JitterSpread) {
        guard spread.count >= JitterSpread.countMin else { return }
        note(.backoffVaries, checked: spread.count)
        if let flaw = spread.flaw() {
            violate(.backoffVaries, flaw.request, flaw.instant, flaw.text)
        }
    }
}

/// How evenly backoffs are spread over the envelopes that they are drawn from.
///
/// A single wait may lie anywhere in its envelope; only many together show that a client does not draw at random. Those
/// of a correct client are uniform and independent. By the binomial law, the probability that half of 32 or more lie in
/// one of 16 parts is below 10^-9, and so is that of one of 8 parts being empty with 256 or more.
struct JitterSpread {
    private static let parts = 16
    static let countMin: UInt64 = 32
    static let countMinForGaps: UInt64 = 256

    private struct Part {
        var count: UInt64 = 0
        /// The request and instant of the last wait in this part.
        var request: UInt64 = 0
        var instant: Int64 = 0
    }

    private var waits = [Part](repeating: Part(), count: parts)
    private(set) var count: UInt64 = 0

    /// Adds a wait that has ended. A wait outside its envelope is left to another check.
    mutating func add(
        _ wait: Int64, in envelope: ClosedRange<Int64>, of request: UInt64, at now: Int64
    ) {
        let width = (envelope.upperBound - envelope.lowerBound) / Int64(Self.parts) + 1
        // In a narrow envelope the last parts would be smaller than the others, or empty.
        guard width > 1_000, envelope.contains(wait) else { return }
        let part = Int((wait - envelope.lowerBound) / width)
        waits[part] = Part(
            count: waits[part].count + 1, request: request, instant: now)
        count += 1
    }

    /// A flaw of the distribution with a wait as example; nil: no flaw, or too few waits to tell.
    func flaw() -> (request: UInt64, instant: Int64, text: String)? {
        guard count >= Self.countMin,
            let fullest = waits.indices.max(by: { waits[$0].count < waits[$1].count })
        else { return nil }
        let part = waits[fullest]
        if 2 * part.count >= count {
            let place = Self.place(fullest, of: Self.parts)
            return (
                part.request, part.instant,
                "\(part.count) of \(count) backoffs lie in the \(place) of what the jitter allows"
            )
        }
        guard count >= Self.countMinForGaps,
            let gap = stride(from: 0, to: Self.parts, by: 2).first(where: {
                waits[$0].count + waits[$0 + 1].count == 0
            })
        else { return nil }
        let place = Self.place(gap / 2, of: Self.parts / 2)
        return (
            part.request, part.instant,
            "none of \(count) backoffs lies in the \(place) of what the jitter allows"
        )
    }

    private static func place(_ part: Int, of parts: Int) -> String {
        let share = parts == 16 ? "sixteenth" : "eighth"
        if part == 0 { return "lowest \(share)" }
        return part == parts - 1 ? "highest \(share)" : "\(share) number \(part + 1)"
    }
}
