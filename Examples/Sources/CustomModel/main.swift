import Flight
import Foundation
import Scenario
import Upstream

/// Of how many writes another one gets in between the read and them: each that succeeds is such a one for
/// those that are under way, so with `rate` edits a second, of which the share s succeeds, s = exp(-rate s t).
func textbook(rate: Double, seconds: Double) -> Double {
    var share = 1.0
    for _ in 0..<200 { share = (share + exp(-rate * share * seconds)) / 2 }
    return 1 - share
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
    let flight = try Flight.fly(
        scenario, FlightOptions(seed: 42, version: "example"), upstream: row,
        client: { seat in Editor(seat: seat) })
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
