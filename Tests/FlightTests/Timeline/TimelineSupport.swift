import APIClient

@testable import Flight

/// Random numbers that are the same in every run (SplitMix64).
struct Dice {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    mutating func below(_ bound: UInt64) -> UInt64 { next() % bound }

    /// A number whose bit length is uniform, so that small numbers are as frequent as large ones.
    mutating func anySize(bits: UInt64) -> UInt64 { next() >> (64 - below(bits) - 1) }
}

/// One call about a request, which the test makes to a timeline and also counts itself.
struct TimelineCall {
    enum What {
        case ended(TimelineEnding, latency: Int64)
        case attempt(AttemptResult)
        case counter(TimelineCounter)
    }

    var load: Int
    var arrival: Int64
    var what: What

    func make(to timeline: FlightTimeline) {
        switch what {
        case .ended(let ending, let latency):
            timeline.ended(load: load, arrival: arrival, ending, latency: latency)
        case .attempt(let result):
            timeline.attemptEnded(load: load, arrival: arrival, result)
        case .counter(let counter): timeline.count(counter, load: load, arrival: arrival)
        }
    }

    /// Arrivals are ascending; about a third of the calls come up to half a minute after later arrivals.
    static func random(
        _ dice: inout Dice, count: Int, loads: Int, gapMax: UInt64
    ) -> [TimelineCall] {
        var arrival: Int64 = 0
        var timed: [(at: Int64, call: TimelineCall)] = []
        for _ in 0..<count {
            arrival += Int64(dice.below(gapMax))
            let call = TimelineCall(
                load: Int(dice.below(UInt64(loads))), arrival: arrival, what: what(&dice))
            let delay = dice.below(3) == 0 ? Int64(dice.below(30_000_000_000)) : 0
            timed.append((arrival + delay, call))
        }
        return timed.sorted { $0.at < $1.at }.map(\.call)
    }

    private static func what(_ dice: inout Dice) -> What {
        switch dice.below(3) {
        case 0:
            let ending = TimelineEnding.allCases[Int(dice.below(11))]
            return .ended(ending, latency: Int64(dice.anySize(bits: 40)))
        case 1:
            let statuses = [200, 201, 404, 429, 500, 503]
            return dice.below(2) == 0
                ? .attempt(.answer(status: statuses[Int(dice.below(6))]))
                : .attempt(.failure(TimelineColumns.failures[Int(dice.below(13))]))
        default:
            let counters = TimelineCounter.allCases
            return .counter(counters[Int(dice.below(UInt64(counters.count)))])
        }
    }
}

extension Timeline.Series {
    /// The counts of a column; zeros if it was left out.
    func column(_ columns: [Timeline.Column], _ name: String) -> [UInt64] {
        columns.first { $0.name == name }?.counts ?? requests.map { _ in 0 }
    }
}

extension [Timeline.Column] {
    func sum(_ name: String) -> UInt64 {
        first { $0.name == name }?.counts.reduce(0, +) ?? 0
    }
}
