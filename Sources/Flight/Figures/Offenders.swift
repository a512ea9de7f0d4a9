import APIClient

/// The numbers of the first few requests that made a figure worse, for use with `trace show`.
struct Offenders {
    static let most = 5
    private(set) var requests: [UInt64] = []

    mutating func add(_ request: UInt64) {
        guard requests.count < Self.most else { return }
        // A request may make a figure worse more than once, but is listed once.
        if !requests.contains(request) { requests.append(request) }
    }
}

/// The numbers of the five slowest requests.
struct Slowest {
    private(set) var entries: [(latency: Int64, request: UInt64)] = []
    private var least: Int64 = -1

    var requests: [UInt64] { entries.map(\.request) }

    mutating func add(_ latency: Int64, _ request: UInt64) {
        // In the common case a single comparison is enough.
        guard latency > least else { return }
        let place = entries.firstIndex { $0.latency < latency } ?? entries.count
        entries.insert((latency, request), at: place)
        guard entries.count >= Offenders.most else { return }
        if entries.count > Offenders.most { entries.removeLast() }
        least = entries[entries.count - 1].latency
    }
}
