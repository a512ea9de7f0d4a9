import APIClient
import CurlTransport
import MockUpstream
import ScenarioFile
import Simulation
import Upstream

/// The way from clients to the upstream: in memory, or over sockets of this flight's own.
///
/// Confined to the simulation's thread.
final class FlightRoute {
    private let endpoints: LoopbackEndpoints?
    private var wire: WireCrossing?
    private var live: LiveCrossing?
    private let liveTimeDriver: LiveTimeDriver?

    /// - Throws: ``FlightError`` where there are no sockets to be had.
    init(_ scenario: Scenario, _ options: FlightOptions) throws(FlightError) {
        switch options.mode {
        case .simulated: (endpoints, liveTimeDriver) = (nil, nil)
        case .wire:
            (endpoints, liveTimeDriver) = (try LoopbackEndpoints(scenario.upstream, .driven), nil)
        case .live:
            let sockets = try LoopbackEndpoints(scenario.upstream, .threaded)
            (endpoints, liveTimeDriver) = (sockets, LiveTimeDriver(sockets.curl))
        case .serve:
            throw FlightError(.environment, "nobody flies where an upstream is only served")
        }
    }

    /// What clients are told that the upstream's address is.
    var baseURL: String { endpoints?.baseURL ?? "http://upstream.test" }
    /// nil: time is virtual.
    var realTimeDriver: (any RealTimeDriver)? { liveTimeDriver }
    /// Why the flight could not go on.
    var failure: FlightError? { wire?.failure ?? live?.failure }
    /// nil: time is virtual.
    var delivery: DeliveryFigures? { live?.figures }

    /// What the clients send by; to be asked once.
    func transport(_ decider: AttemptDecider) -> any Transport {
        guard let endpoints else { return SimulatedTransport(decider) }
        guard let liveTimeDriver else {
            let crossing = WireCrossing(endpoints)
            wire = crossing
            return WireTransport(decider, crossing)
        }
        let crossing = LiveCrossing(endpoints, liveTimeDriver)
        live = crossing
        return LiveTransport(decider, crossing)
    }

    /// What was found when the sends of both ends were counted.
    struct Account {
        /// nil: they agree.
        let problem: String?
    }

    /// Holds the sends that were counted, and that the upstream was to read, against those that curl
    /// made and that the server saw; nil: there are no sockets.
    func account(of sends: UInt64) -> Account? {
        guard let endpoints else { return nil }
        let made = endpoints.curl.sends
        let seen = endpoints.table.performed
        // Who gives up, or meets a slow machine, may do so before anything is sent, or read.
        let lost = live?.unsure ?? 0
        let agree = made <= sends && seen <= made && sends - seen <= lost
        return Account(
            problem: agree
                ? nil : "\(sends) sends were counted, curl made \(made), the server saw \(seen)")
    }

    /// Closes every connection and port.
    func close() { endpoints?.close() }
}
