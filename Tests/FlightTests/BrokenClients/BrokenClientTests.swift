import APIClient
import Foundation
import Testing

@testable import Flight

/// Each of these clients must be caught by a message that names its fault.
@Suite struct BrokenClientTests {
    @Test(arguments: BrokenClient.all) func isCaught(client: BrokenClient) throws {
        let flight = try fly(client.weather, client.make)
        let broken = flight.invariants.filter { $0.violations > 0 }
        #expect(Set(broken.map(\.invariant)) == Set([client.caught] + client.also))
        let messages = broken.first { $0.invariant == client.caught }?.examples.map(\.text) ?? []
        #expect(messages.contains { $0.contains(client.message) }, "\(messages)")
    }

    /// Without their fault the clients must pass, so it is the fault that is caught.
    @Test(arguments: BrokenClient.loops.filter { $0.name != "has no breaker at all" })
    func theLoopWithoutTheHabitIsNot(client: BrokenClient) throws {
        let weather = client.weather.text.contains("at: 50s") ? nil : client.weather
        guard let weather else { return }
        let flight = try fly(weather) { NaiveLoop($0) }
        #expect(flight.violated == [])
    }

    @Test(arguments: BrokenClient.parts) func theProductsOwnClientIsNot(client: BrokenClient) throws
    {
        let flight = try fly(client.weather, nil)
        #expect(flight.violated == [])
    }

    @Test(arguments: [BrokenClient.Weather.flapping(), .noise, .outage])
    func theHandmadeBreakerWithoutFlawsIsNot(weather: BrokenClient.Weather) throws {
        let flight = try fly(weather) { environment throws(APIError) in
            try environment.makeAPIClient(
                breakerStore: HandmadeBreaker(environment.configuration.breaker))
        }
        #expect(flight.violated == [])
    }

    @Test func eachHasANameOfItsOwn() {
        #expect(Set(BrokenClient.all.map(\.name)).count == BrokenClient.all.count)
    }

    @Test(arguments: BrokenClient.all) func standsInTheDocument(client: BrokenClient) throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../..")
        let document = try String(
            contentsOf: root.appending(path: "docs/broken-clients.md"), encoding: .utf8)
        #expect(document.contains("| \(client.name) | \(client.caught.name) | \""))
    }

    private func fly(
        _ weather: BrokenClient.Weather, _ client: ClientFactory?
    ) throws -> FlightResult {
        try FlightRun.fly(
            weather.scenario(), FlightOptions(seed: 7, version: "test"), client: client)
    }
}
