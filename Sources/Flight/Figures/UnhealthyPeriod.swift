/// A span of virtual time in which the upstream was unhealthy: [start, end), in nanoseconds.
struct UnhealthyPeriod: Sendable, Hashable {
    var start: Int64
    var end: Int64
    /// The clients that sent or were refused by their breaker in this period. Empty in periods that are too
    /// short to be noticed, of which there may be very many.
    var clients: ClientSet = ClientSet()
}

/// A set of client numbers, one bit for each.
struct ClientSet: Sendable, Hashable {
    private var words: [UInt64] = []

    /// Whether the set is empty.
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

/// How the breakers of all clients reacted to the unhealthy periods.
struct UnhealthyPeriodFigures {
    /// The minimum length of a period that a breaker is expected to notice, in nanoseconds.
    static let noticeable: Int64 = 60_000_000_000

    /// Unhealthy periods of 60 s or more with traffic in which the breaker neither opened nor was open at the start.
    private(set) var missed: UInt64 = 0
    private(set) var noticeablePeriods: UInt64 = 0
    /// The longest time from a period's start to the opening, in nanoseconds; nil: no detections.
    /// `recoveryLag`: from a period's end to the closing.
    private(set) var detectionDelay: Int64?
    private(set) var detections: UInt64 = 0
    private(set) var recoveryLag: Int64?
    private(set) var recoveries: UInt64 = 0

    /// - Parameters:
    ///   - periods: ascending, without overlap. Those that end during the warm-up are not counted.
    ///   - clients: the breaker figures, indexed by client number.
    ///   - warmup: end of the warm-up, in nanoseconds; earlier openings are not counted.
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

    /// Iterates over the openings, of which there are few: there may be a million periods and ten thousand clients.
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

    /// Counts each period at whose end the breaker is open and closes later as a recovery.
    private mutating func addRecoveries(_ periods: [UnhealthyPeriod], _ openings: Openings) {
        for (opening, closing) in openings.closedSpans {
            // The breaker counts as open after the opening, up to and including the closing.
            let first = periods.firstPlace { $0.end > opening }
            let next = periods.firstPlace { $0.end > closing }
            guard first < next else { continue }
            recoveries += UInt64(next - first)
            recoveryLag = max(recoveryLag ?? 0, closing - periods[first].end)
        }
    }

    /// The spans in which one breaker was open.
    private struct Openings {
        let opened: [Int64]
        /// From the opening to the closing. The last opening may have no closing.
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
    /// The first index whose element, like all later ones, meets a condition; `count`: none does. Takes
    /// log2(count) steps.
    fileprivate func firstPlace(where holds: (Element) -> Bool) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = low + (high - low) / 2
            if holds(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
