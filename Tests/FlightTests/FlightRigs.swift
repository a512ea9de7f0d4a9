import APIClient
import ScenarioFile
import Upstream

@testable import Flight

/// The parts of a flight, assembled for tests.
enum FlightRigs {
    /// Makes a source of events with all of the product's consumers.
    static func events(
        _ plan: Scenario, _ schedules: [LoadSchedule], _ upstream: UpstreamBox
    ) -> FlightEventSource {
        let configuration = plan.client.configuration(baseURL: "http://a.test")
        let policy = CheckedPolicy(configuration)
        let loads = CheckedLoad.all(schedules, hasCache: true)
        return FlightEventSource(
            policy, loads, clients: plan.fleet.count, upstream,
            FlightConsumers(
                plan, configuration, policy, loads, upstream, tallied: [], recorder: nil,
                secrets: SecretsChecker(secret: FlightRun.canary), added: []))
    }
}
