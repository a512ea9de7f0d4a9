import Flight
import Foundation
import ScenarioFile
import Upstream

/// The expected share of writes that fail. A successful write makes all writes fail that arrive
/// within `seconds` after it, because they had read the row before it; the next write then
/// succeeds. This is Erlang's loss formula for a single server.
func textbook(rate: Double, seconds: Double) -> Double {
    rate * seconds / (1 + rate * seconds)
}

print("edits/s   writes   conflicts   textbook")
for rate in [1, 2, 5, 10, 20, 50] as [UInt64] {
    var settings = ClientSettings()
    settings.enableCircuitBreaker = false
    settings.enableCaching = false
    settings.rateLimitPerMinute = 0
    let scenario = Scenario(
        name: "Edits", duration: 600_000_000_000, fleet: Fleet(count: 20), client: settings,
        loads: [
            Load(
                name: "edits", rate: .steady(.perSecond(rate)), arrivals: .poisson, method: "PUT",
                path: "/v1/row", body: #"{"text":"new"}"#)
        ])
    let row = Row()
    let flight = try FlightRun.fly(
        scenario, FlightOptions(seed: 42, version: "example"), upstream: row,
        client: { environment in Editor(environment: environment) })
    // The time from the arrival of the read to the arrival of the write is 85 ms.
    let expected = textbook(rate: Double(rate), seconds: 0.085)
    print(
        String(
            format: "%7d %8d %9.1f %% %8.1f %%", Int(rate), row.writes,
            100 * Double(row.conflicts) / Double(row.writes), 100 * expected))
    guard !flight.hasViolations else {
        print(flight.invariants.flatMap(\.examples))
        exit(1)
    }
}
