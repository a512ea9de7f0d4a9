import Flight
import ScenarioFile

/// One path fails for a minute, the other one is always well.
let text = """
    format: 1
    name: A path that fails
    duration: 3m
    client: { rate_limit_per_minute: 0, enable_caching: false, enable_circuit_breaker: false }
    load:
      - { rate: 10/s, path: /v1/users }
      - { rate: 10/s, path: /v1/orders }
    upstream:
      latency: 20ms
      faults: [ { at: 60s, for: 60s, path: /v1/orders, status: 503 } ]
    """

let scenario = try Scenario.decode(Array(text.utf8), file: "path.yaml")
let flight = try FlightRun.fly(
    scenario, FlightOptions(seed: 42, version: "example"),
    consumers: [FairShare(shareMax: 0.25)])

let share = flight.figure("retry.share.max")?.value ?? 0
print("largest share of retries: \((share * 1_000).rounded() / 10) %")
for result in flight.invariants where result.violations > 0 {
    print("\(result.name): broken \(result.violations) times of \(result.checked)")
    if let example = result.examples.first {
        print("  request \(example.request): \(example.text)")
    }
}
