import Flight
import Foundation
import ScenarioFile
import Upstream

/// How many writes fail: one that succeeds spoils all that come within `seconds` after it, because they had
/// read before; the next one succeeds. That is a telephone line of one caller at a time: Erlang's loss formula.
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
    // From the arrival of the read to that of the write.
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
