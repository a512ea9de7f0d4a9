import APIClient
import HTTPTypes
import ScenarioFile
import Testing
import Upstream

@testable import Flight

let ms: Int64 = 1_000_000
let second: Int64 = 1_000_000_000

/// A scenario from its text. `client` is added to settings without jitter and limiter, so that
/// waits can be calculated by hand.
func scenario(
    _ text: String, client: String = "", settings: [String] = []
) throws -> Scenario {
    let head = "format: 1\nname: a test\nclient: { jitter: none, rate_limit_per_minute: 0"
    let whole = head + (client.isEmpty ? "" : ", " + client) + " }\n" + text + "\n"
    do throws(ScenarioError) {
        return try Scenario.decode(Array(whole.utf8), file: "test.yaml", settings: settings)
    } catch {
        Issue.record("\(error)")
        throw error
    }
}

/// Flies a scenario's text and requires that no invariant is violated.
func fly(
    _ text: String, client: String = "", settings: [String] = [], seed: UInt64 = 42,
    upstream: (any UpstreamModel)? = nil
) throws -> FlightResult {
    let plan = try scenario(text, client: client, settings: settings)
    let options = FlightOptions(seed: seed, version: "test")
    let result =
        if let upstream {
            try FlightRun.fly(plan, options, upstream: upstream)
        } else {
            try FlightRun.fly(plan, options)
        }
    #expect(result.violated == [])
    return result
}

extension FlightResult {
    /// The names of the violated invariants.
    var violated: [String] {
        invariants.flatMap { result in
            result.examples.map { "\(result.name): request \($0.request): \($0.text)" }
        }
    }

    func checked(_ invariant: Invariant) -> UInt64 {
        invariants.first { $0.invariant == invariant }?.checked ?? 0
    }

    /// A figure as `value of samples`, such as `0.5 of 10`; `none` without samples.
    func say(_ name: String, load: String? = nil) -> String {
        guard let figure = figure(name, load: load) else { return "no such figure" }
        guard let value = figure.value else { return "none of \(figure.samples)" }
        return "\(value) of \(figure.samples)"
    }

    func value(_ name: String, load: String? = nil) -> Double? { figure(name, load: load)?.value }
}

/// An upstream with a list of decisions and failure probabilities, indexed by request number.
struct WrittenUpstream: UpstreamModel {
    var decision: @Sendable (ArrivedRequest, Int64) -> Decision
    var probability: @Sendable (ArrivedRequest, Int64) -> Double

    func decide(_ request: ArrivedRequest, at instant: Int64) -> Decision {
        decision(request, instant)
    }
    func foresee(_ request: ArrivedRequest, at instant: Int64) -> Decision {
        decision(request, instant)
    }
    func failureProbability(_ request: ArrivedRequest, at instant: Int64) -> Double {
        probability(request, instant)
    }
    func clears(
        _ request: ArrivedRequest, of cause: PassingCause, from instant: Int64, within span: Int64
    ) -> Bool {
        probability(request, instant) < 0.5
    }
    func nextEdge(after instant: Int64) -> Int64? { nil }
}

extension Decision {
    /// A complete answer with a small body, 10 ms after the send.
    static func answer(_ status: Int, after delay: Int64 = 10 * ms) -> Decision {
        Decision(
            ending: .answer(Answer(status: status, fields: [:], body: Array("{}".utf8))),
            delay: delay)
    }
}
