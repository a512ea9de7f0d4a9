import APIClient
import ScenarioFile
import Simulation
import SimulatedClient
import Testing
import Trace
import Upstream

@testable import Flight

/// Parts of a flight for tests.
enum FlightRigs {
    static func writer() throws -> TraceWriter {
        let header = TraceHeader(version: "test", seed: 1, mode: "simulated", scenario: "{}")
        return try TraceWriter(path: nil, header: header.json)
    }

    /// A log of one load, and a caller that makes no request. The driver must outlive the caller.
    static func idle(_ recorder: Recorder?) throws -> (FlightLog, VirtualCaller, LoadDriver) {
        let plan = try scenario("duration: 10s\nload: [ { rate: 1/s, path: /a } ]")
        let schedule = try LoadSchedule(
            plan.loads[0], at: 0, seed: 1, end: plan.duration, clients: 1)
        let configuration = plan.client.configuration(baseURL: "http://a.test")
        let upstream = UpstreamBox(FaultyUpstream(plan.upstream, seed: 1, epoch: plan.epoch))
        let log = FlightLog(
            plan, configuration, upstream, [schedule], tallied: [], recorder: recorder)
        let simulation = Simulation()
        let environment = ClientEnvironment(
            identity: 0, configuration: configuration,
            transport: SimulatedTransport(AttemptDecider(simulation, upstream, log)),
            time: SimulatedTime(simulation),
            wallClock: SimulatedWallClock(simulation, epoch: plan.epoch),
            chance: SimulatedChance(seed: 1), credentials: StaticCredentials(nil), cacheStore: nil)
        let client = try environment.makeAPIClient()
        let member = LoadDriver.FleetMember(environment: environment, client: client, own: client)
        let driver = LoadDriver(simulation, [member], [schedule], log, progress: nil)
        return (log, VirtualCaller(driver, log, isCancellable: false), driver)
    }
}
