import Upstream

/// What a timeline tells of the upstream: queue and busy servers at the end of each bin, for how long it was
/// unhealthy, and which faults were active.
struct UpstreamTimeline {
    private(set) var axis: TimelineAxis
    private let faults: Int
    private let faultWords: Int
    /// By bin, for all bins that have ended so far; empty where no station was read.
    private(set) var stations: [StationLoad] = []
    /// Nanoseconds by bin.
    private var unhealthy: [Int64] = []
    /// A bit for each fault, by bin.
    private var active: [UInt64] = []
    /// The bins whose end has been read.
    private var sampled = 0
    /// Whether the last of them may be cut off by the end of the flight.
    private var isClosed = false

    /// - Parameters:
    ///   - axis: the bins.
    ///   - faults: how many faults the upstream has.
    init(_ axis: TimelineAxis, faults: Int) {
        self.axis = axis
        self.faults = faults
        faultWords = (faults + 63) / 64
    }

    /// The end of the first bin that has not been read, ns.
    var nextSample: Int64 { axis.end(of: sampled) }

    /// Notes the station's state at ``nextSample``.
    mutating func sample(_ station: StationLoad) {
        stations.append(station)
        sampled += 1
    }

    /// Notes the station's state at the end of the flight, for the last of `bins` where it has not ended.
    mutating func close(_ bins: Int, _ station: StationLoad) {
        if sampled < bins { sample(station) }
        isClosed = true
    }

    /// Adds a stretch in which the upstream was unhealthy. The axis has to cover it.
    mutating func wasUnhealthy(from start: Int64, to end: Int64) {
        guard end > start else { return }
        let last = axis.index(of: end - 1)
        unhealthy.grow(to: last + 1, 0)
        for index in axis.index(of: start)...last {
            unhealthy[index] += min(end, axis.end(of: index)) - max(start, axis.start(of: index))
        }
    }

    /// Adds a stretch in which a fault was active. The axis has to cover it.
    mutating func faultWasActive(_ place: Int, from start: Int64, to end: Int64) {
        guard end > start else { return }
        precondition((0..<faults).contains(place), "a fault of the scenario")
        let last = axis.index(of: end - 1)
        active.grow(to: (last + 1) * faultWords, 0)
        for index in axis.index(of: start)...last {
            active[index * faultWords + place / 64] |= 1 << UInt64(place % 64)
        }
    }

    /// Doubles the bins as often as those of `other`.
    mutating func follow(_ other: TimelineAxis) {
        while axis.doublings < other.doublings { double() }
    }

    private mutating func double() {
        let old = axis
        axis.double()
        // A bin has ended only when its second half has, or when the flight has.
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

    /// Adds what another flight had, whose axis has the same origin and is not finer. Queues and busy servers
    /// are added up.
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

    /// What the JSON tells.
    /// - Parameters:
    ///   - bins: how many bins there are.
    ///   - end: the end of the flight, ns.
    ///   - flights: how many flights were merged.
    /// - Returns: the state by bins; what is zero throughout is empty.
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

    /// Rounded to the nearest, but 0 only for nothing at all and 1000 only for the whole.
    private static func permille(_ part: Int64, of whole: Int128) -> Int {
        if part <= 0 { return 0 }
        if Int128(part) >= whole { return 1_000 }
        return Int(min(999, max(1, (Int128(part) * 1_000 + whole / 2) / whole)))
    }
}

extension Array {
    /// Makes the array at least `size` long.
    fileprivate mutating func grow(to size: Int, _ value: Element) {
        if size > count { append(contentsOf: repeatElement(value, count: size - count)) }
    }
}
