import APIClient
import Flight

/// A custom rule and a custom figure: of the sends to each path at most a certain share may be retries, and how
/// large the largest such share was.
///
/// It follows the same events as the product's own checks and knows nothing of them. What it keeps of a request it
/// keeps by the request's slot; here nothing has to be kept, because the attempt's record says it all.
final class FairShare: FlightEventConsumer {
    private let shareMax: Double
    private var sends: [String: UInt64] = [:]
    private var retries: [String: UInt64] = [:]
    private var checked: UInt64 = 0
    private var examples: [InvariantResult.Example] = []
    private var violations: UInt64 = 0

    /// - Parameter shareMax: the largest share of retries among the sends of a path, 0 to 1.
    init(shareMax: Double) { self.shareMax = shareMax }

    func consume(_ event: FlightEvent, of request: RequestRecord, at instant: Int64) {
        guard case .attemptDecided(let attempt) = event else { return }
        sends[request.path, default: 0] += 1
        guard attempt.ordinal > 1 else { return }
        retries[request.path, default: 0] += 1
        // With few sends a share says nothing.
        guard sends[request.path, default: 0] >= 100 else { return }
        checked += 1
        let share = share(of: request.path)
        guard share > shareMax else { return }
        violations += 1
        guard examples.count < 5 else { return }
        let percent = (share * 1_000).rounded() / 10
        examples.append(
            InvariantResult.Example(
                request: request.call.request, instant: instant,
                text: "\(percent) % of the sends to \(request.path) are retries"))
    }

    private func share(of path: String) -> Double {
        Double(retries[path, default: 0]) / Double(max(1, sends[path, default: 0]))
    }

    var figures: [Figure] {
        let largest = sends.keys.map { share(of: $0) }.max()
        return [
            Figure(
                "retry.share.max", largest, samples: sends.values.reduce(0, +))
        ]
    }

    var invariants: [InvariantResult] {
        [
            InvariantResult(
                name: "retries are at most a fair share of each path's sends", checked: checked,
                violations: violations, examples: examples)
        ]
    }
}
