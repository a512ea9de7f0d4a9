import Flight
import ScenarioFile

/// A scenario with 30 s of 503 answers with Retry-After, 30 s without any answer, and 5 s of
/// connection resets.
let text = """
    format: 1
    name: An outage
    duration: 3m
    client: { rate_limit_per_minute: 0, enable_caching: false }
    load:
      - { rate: 5/s, arrivals: poisson, path: "/v1/users/{1..500}" }
      - { rate: 20/m, method: POST, path: /v1/orders, body: { item: 1 } }
    upstream:
      latency: { lognormal: { median: 40ms, p99: 180ms } }
      faults:
        - { at: 30s, for: 30s, probability: 80%, status: 503, retry_after: 2s }
        - { at: 90s, for: 30s, hang: true }
        - { at: 150s, for: 5s, reset: true }
    """

func fly(_ name: String, _ client: ClientFactory?) throws {
    let scenario = try Scenario.decode(Array(text.utf8), file: "outage.yaml")
    let flight = try FlightRun.fly(
        scenario, FlightOptions(seed: 42, version: "example"), client: client)
    let requests = flight.figure("requests")?.value ?? 0
    let attempts = flight.figure("attempts")?.value ?? 0
    let success = flight.figure("success_rate")?.value ?? 0
    let percent = (success * 1_000).rounded() / 10
    print("\(name): \(Int(requests)) requests, \(Int(attempts)) sends, \(percent) % successes")
    let violated = flight.invariants.filter { $0.violations > 0 }
    for result in violated {
        print("  \(result.name): \(result.violations) of \(result.checked)")
        if let example = result.examples.first {
            print("      request \(example.request): \(example.text)")
        }
    }
    if violated.isEmpty { print("  no rule broken") }
}

try fly("The loop") { _ in Loop() }
try fly("APIClient", nil)
