/// A stretch of virtual time in which the upstream was unhealthy: [start, end), in nanoseconds.
struct UnhealthyPeriod: Sendable, Hashable {
    var start: Int64
    var end: Int64
    /// The clients that sent, or that their breakers refused, in a period that is long enough to be noticed; a
    /// bit for each client. Empty in shorter periods, of which there may be very many.
    var clients: ClientSet = ClientSet()
}

/// A set of clients by their numbers: a bit for each.
struct ClientSet: Sendable, Hashable {
    private var words: [UInt64] = []

    /// Whether no client is in it.
    var isEmpty: Bool { words.allSatisfy { $0 == 0 } }

    func contains(_ client: Int) -> Bool {
        let word = client / 64
        return word < words.count && words[word] & (1 << UInt64(client % 64)) != 0
    }

    mutating func insert(_ client: Int) {
        let word = client / 64
        while words.count <= word { words.append(0) }
        words[word] |= 1 << UInt64(client % 64)
    }

    mutating func removeAll() { words.removeAll(keepingCapacity: true) }
}

/// What the breakers made of the unhealthy periods, of all clients together.
struct UnhealthyPeriodFigures {
    /// Shorter periods are not expected to be noticed, in nanoseconds.
    static let noticeable: Int64 = 60_000_000_000

    /// Periods of 60 s or more with traffic, but without an opening in them or open from before.
    private(set) var missed: UInt64 = 0
    private(set) var noticeablePeriods: UInt64 = 0
    /// The longest time from a period's start to the opening, and from its end to the closing; ns.
    private(set) var detectionDelay: Int64?
    private(set) var detections: UInt64 = 0
    private(set) var recoveryLag: Int64?
    private(set) var recoveries: UInt64 = 0

    /// - Parameters:
    ///   - periods: in their order; they do not overlap. Those that have ended by the end of the warm-up are not
    ///     counted.
    ///   - clients: the breakers, by the clients' numbers.
    ///   - warmup: until when openings are not counted, in nanoseconds.
    init(_ periods: [UnhealthyPeriod], _ clients: [BreakerFigures], warmup: Int64) {
        let counted = periods.filter { $0.end > warmup }
        let noticeable = counted.filter { $0.end - $0.start >= Self.noticeable }
        for (number, client) in clients.enumerated() {
            let openings = Openings(client)
            for period in noticeable where period.clients.contains(number) {
                noticeablePeriods += 1
                if openings.first(in: period) == nil && !openings.isOpen(at: period.start) {
                    missed += 1
                }
            }
            addDetections(counted, openings, warmup: warmup)
            addRecoveries(counted, openings)
        }
    }

    /// By the openings, which are few: there may be a million periods, and ten thousand clients.
    private mutating func addDetections(
        _ periods: [UnhealthyPeriod], _ openings: Openings, warmup: Int64
    ) {
        for opening in openings.opened where opening >= warmup {
            let place = periods.firstPlace { $0.end > opening }
            guard place < periods.count, periods[place].start <= opening else { continue }
            let period = periods[place]
            guard openings.first(in: period) == opening, !openings.isOpen(at: period.start) else {
                continue
            }
            detections += 1
            detectionDelay = max(detectionDelay ?? 0, opening - period.start)
        }
    }

    /// A recovery is a period at whose end the breaker is open, and closes later.
    private mutating func addRecoveries(_ periods: [UnhealthyPeriod], _ openings: Openings) {
        for (opening, closing) in openings.closedSpans {
            // Open from behind the opening up to the closing itself.
            let first = periods.firstPlace { $0.end > opening }
            let next = periods.firstPlace { $0.end > closing }
            guard first < next else { continue }
            recoveries += UInt64(next - first)
            recoveryLag = max(recoveryLag ?? 0, closing - periods[first].end)
        }
    }

    /// When one breaker was open.
    private struct Openings {
        let opened: [Int64]
        /// From closed to open, and to closed again. The last opening may never have been closed.
        let closedSpans: [(opening: Int64, closing: Int64)]

        init(_ breaker: BreakerFigures) {
            opened = breaker.openSpans.map(\.opened)
            closedSpans = breaker.openSpans.compactMap { span in
                span.closed.map { (span.opened, $0) }
            }
        }

        func first(in period: UnhealthyPeriod) -> Int64? {
            let place = opened.firstPlace { $0 >= period.start }
            return place < opened.count && opened[place] < period.end ? opened[place] : nil
        }

        func isOpen(at instant: Int64) -> Bool {
            let place = opened.firstPlace { $0 >= instant } - 1
            guard place >= 0 else { return false }
            return place >= closedSpans.count || closedSpans[place].closing >= instant
        }
    }
}

extension Array {
    /// The first place whose element fulfils a condition that all later ones fulfil, too; the count where none
    /// does. In log2(count) steps.
    fileprivate func firstPlace(where holds: (Element) -> Bool) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = low + (high - low) / 2
            if holds(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
