import Upstream

/// The upstream's part of a timeline: queue and busy servers at the end of each bin, the unhealthy time, and
/// the active faults.
struct UpstreamTimeline {
    private(set) var axis: TimelineAxis
    private let faults: Int
    private let faultWords: Int
    /// The station's state per ended bin; empty: no station was read.
    private(set) var stations: [StationLoad] = []
    /// The unhealthy time per bin, in nanoseconds.
    private var unhealthy: [Int64] = []
    /// One bit per fault, per bin.
    private var active: [UInt64] = []
    /// Number of bins whose end has been read.
    private var sampled = 0
    /// Whether the flight has ended, so that the last of them may be shorter.
    private var isClosed = false

    /// - Parameters:
    ///   - axis: the bins.
    ///   - faults: the number of faults of the upstream.
    init(_ axis: TimelineAxis, faults: Int) {
        self.axis = axis
        self.faults = faults
        faultWords = (faults + 63) / 64
    }

    /// The end of the first bin that has not been read, in nanoseconds.
    var nextSample: Int64 { axis.end(of: sampled) }

    /// Records the station's state at ``nextSample``.
    mutating func sample(_ station: StationLoad) {
        stations.append(station)
        sampled += 1
    }

    /// Records the station's state at the end of the flight, for the last of `bins` if that has not ended.
    mutating func close(_ bins: Int, _ station: StationLoad) {
        if sampled < bins { sample(station) }
        isClosed = true
    }

    /// Adds a period in which the upstream was unhealthy, in nanoseconds. The axis must cover it.
    mutating func wasUnhealthy(from start: Int64, to end: Int64) {
        guard end > start else { return }
        let last = axis.index(of: end - 1)
        unhealthy.grow(to: last + 1, 0)
        for index in axis.index(of: start)...last {
            unhealthy[index] += min(end, axis.end(of: index)) - max(start, axis.start(of: index))
        }
    }

    /// Adds a period in which a fault was active, in nanoseconds. The axis must cover it.
    mutating func faultWasActive(_ place: Int, from start: Int64, to end: Int64) {
        guard end > start else { return }
        precondition((0..<faults).contains(place), "a fault of the scenario")
        let last = axis.index(of: end - 1)
        active.grow(to: (last + 1) * faultWords, 0)
        for index in axis.index(of: start)...last {
            active[index * faultWords + place / 64] |= 1 << UInt64(place % 64)
        }
    }

    /// Doubles the bins as often as those of `other` are.
    mutating func follow(_ other: TimelineAxis) {
        while axis.doublings < other.doublings { double() }
    }

    private mutating func double() {
        let old = axis
        axis.double()
        // A doubled bin has ended only if its second half has, or the flight has.
        let behind = old.first + sampled + (isClosed ? 1 : 0)
        sampled = max(0, behind >> 1 - axis.first)
        if let last = stations.indices.last {
            stations = (0..<sampled).map {
                stations[min(2 * (axis.first + $0) + 1 - old.first, last)]
            }
        }
        unhealthy = Self.folded(unhealthy, 1, old, +)
        active = Self.folded(active, faultWords, old, |)
    }

    private static func folded<Value: FixedWidthInteger>(
        _ values: [Value], _ stride: Int, _ old: TimelineAxis, _ join: (Value, Value) -> Value
    ) -> [Value] {
        guard !values.isEmpty else { return [] }
        let last = old.indexAfterDoubling(values.count / stride - 1)
        var joined = [Value](repeating: 0, count: (last + 1) * stride)
        for place in values.indices {
            let target = old.indexAfterDoubling(place / stride) * stride + place % stride
            joined[target] = join(joined[target], values[place])
        }
        return joined
    }

    /// Adds another flight's timeline, whose axis has the same origin and is not finer. Queue lengths and busy
    /// servers are added up.
    mutating func merge(_ other: UpstreamTimeline) {
        var other = other
        other.follow(axis)
        stations.grow(to: other.stations.count, StationLoad(queue: 0, busy: 0))
        for index in other.stations.indices {
            stations[index].queue += other.stations[index].queue
            stations[index].busy += other.stations[index].busy
        }
        sampled = max(sampled, other.sampled)
        unhealthy.grow(to: other.unhealthy.count, 0)
        for index in other.unhealthy.indices { unhealthy[index] += other.unhealthy[index] }
        active.grow(to: other.active.count, 0)
        for index in other.active.indices { active[index] |= other.active[index] }
    }

    /// The timeline in the form of the JSON report.
    /// - Parameters:
    ///   - bins: the number of bins.
    ///   - end: the end of the flight, in nanoseconds.
    ///   - flights: the number of flights that were merged.
    /// - Returns: the state per bin; arrays that would hold only zeros are empty.
    func timeline(bins: Int, end: Int64, flights: Int) -> Timeline.Upstream {
        var told = Timeline.Upstream()
        if !stations.isEmpty {
            told.queue = (0..<bins).map { $0 < stations.count ? stations[$0].queue : 0 }
            told.busy = (0..<bins).map { $0 < stations.count ? stations[$0].busy : 0 }
        }
        if unhealthy.contains(where: { $0 > 0 }) {
            told.unhealthyPermille = (0..<bins).map { index in
                guard index < unhealthy.count else { return 0 }
                let length = min(end, axis.end(of: index)) - axis.start(of: index)
                return Self.permille(unhealthy[index], of: Int128(length) * Int128(flights))
            }
        }
        if active.contains(where: { $0 > 0 }) {
            told.faults = (0..<bins).map { index in
                (0..<faults).filter { place in
                    let word = index * faultWords + place / 64
                    return word < active.count && active[word] >> UInt64(place % 64) & 1 == 1
                }
            }
        }
        return told
    }

    /// The share in thousandths, rounded to nearest, but 0 only for nothing and 1000 only for the whole.
    private static func permille(_ part: Int64, of whole: Int128) -> Int {
        if part <= 0 { return 0 }
        if Int128(part) >= whole { return 1_000 }
        return Int(min(999, max(1, (Int128(part) * 1_000 + whole / 2) / whole)))
    }
}

extension Array {
    /// Extends the array to at least `size` elements.
    fileprivate mutating func grow(to size: Int, _ value: Element) {
        if size > count { append(contentsOf: repeatElement(value, count: size - count)) }
    }
}
