import Upstream

/// An upstream that records what was sent to it. It is used on one thread.
final class WatchedUpstream: UpstreamModel {
    struct Send {
        var request: ArrivedRequest
        var instant: Int64
        var decision: Decision

        /// The instant at which the answer reaches the client.
        var end: Int64 { instant + decision.delay }
    }

    private let model: FaultyUpstream
    private(set) var sends: [Send] = []

    init(_ configuration: UpstreamConfiguration, seed: UInt64 = 42) {
        model = FaultyUpstream(configuration, seed: seed, epoch: 0)
    }

    func decide(_ request: ArrivedRequest, at instant: Int64) -> Decision {
        let decision = model.decide(request, at: instant)
        sends.append(Send(request: request, instant: instant, decision: decision))
        return decision
    }

    func foresee(_ request: ArrivedRequest, at instant: Int64) -> Decision {
        model.foresee(request, at: instant)
    }

    func failureProbability(_ request: ArrivedRequest, at instant: Int64) -> Double {
        model.failureProbability(request, at: instant)
    }

    func clears(
        _ request: ArrivedRequest, of cause: PassingCause, from instant: Int64, within span: Int64
    ) -> Bool {
        model.clears(request, of: cause, from: instant, within: span)
    }

    func nextEdge(after instant: Int64) -> Int64? { model.nextEdge(after: instant) }
    var changesWithTraffic: Bool { model.changesWithTraffic }

    /// The sends of each request, in the order in which they were made; requests by number.
    var byRequest: [[Send]] {
        let sorted = sends.enumerated().sorted {
            ($0.element.request.request, $0.offset) < ($1.element.request.request, $1.offset)
        }
        var groups: [[Send]] = []
        for (_, send) in sorted {
            if groups.last?.last?.request.request == send.request.request {
                groups[groups.count - 1].append(send)
            } else {
                groups.append([send])
            }
        }
        return groups
    }
}

/// Bounds on the distance of a sample's figure from the true value. All seeds are fixed, so the tests never vary.
/// `falseAlarm` is the share of seeds that would fail correct code: one in 100,000 for each figure.
enum Bounds {
    static let falseAlarm = 1e-5
    /// The quantile of the normal distribution that is exceeded, on either side, with that probability.
    static let z = 4.417
    /// -ln(falseAlarm / 2).
    private static let log = 12.206

    /// The bound for the share of `count` independent trials of probability `p` (Bernstein's inequality).
    static func share(_ p: Double, of count: Int) -> Double {
        (2 * p * (1 - p) * log / Double(count)).squareRoot() + 2 * log / (3 * Double(count))
    }

    /// The bound for the largest distance between a distribution and `count` independent draws from
    /// it (Dvoretzky, Kiefer and Wolfowitz).
    static func distance(of count: Int) -> Double { (log / (2 * Double(count))).squareRoot() }

    /// The largest distance between a sample and a continuous law, by its distribution function.
    static func distance(_ sample: [Double], _ distribution: (Double) -> Double) -> Double {
        let count = Double(sample.count)
        return sample.sorted().enumerated().reduce(0) { largest, item in
            let share = distribution(item.element)
            let above = Double(item.offset + 1) / count - share
            return max(largest, max(above, share - Double(item.offset) / count))
        }
    }

    /// The mean of a stationary series and its bound: Student's t over the means of 32 stretches,
    /// with the quantile 5.27 for 31 degrees of freedom (method of batch means).
    static func batchMean(_ values: [Double]) -> (mean: Double, bound: Double) {
        let length = values.count / 32
        let means = (0..<32).map { batch in
            values[batch * length..<(batch + 1) * length].reduce(0, +) / Double(length)
        }
        let mean = means.reduce(0, +) / 32
        let square = means.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 31
        return (mean, 5.27 * (square / 32).squareRoot())
    }
}
