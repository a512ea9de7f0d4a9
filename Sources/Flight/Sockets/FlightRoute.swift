import APIClient
import CurlTransport
import MockUpstream
import ScenarioFile
import Simulation
import Upstream

/// The connection from clients to the upstream: in memory, or over sockets owned by this flight.
///
/// Confined to the simulation's thread.
final class FlightRoute {
    private let endpoints: LoopbackEndpoints?
    private var wire: WireCrossing?
    private var live: LiveCrossing?
    private let liveTimeDriver: LiveTimeDriver?

    /// - Throws: ``FlightError`` if the sockets cannot be set up.
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

    /// The base URL for the clients.
    var baseURL: String { endpoints?.baseURL ?? "http://upstream.test" }
    /// The driver of real time; nil: time is virtual.
    var realTimeDriver: (any RealTimeDriver)? { liveTimeDriver }
    /// The error that stopped the flight; nil: none.
    var failure: FlightError? { wire?.failure ?? live?.failure }
    /// The precision of delivered delays; nil: time is virtual.
    var delivery: DeliveryFigures? { live?.figures }

    /// Makes the clients' transport. May be called once.
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

    /// The result of comparing the numbers of sends at both ends.
    struct Account {
        /// The difference as a message; nil: the numbers agree.
        let problem: String?
    }

    /// Compares the sends that were counted, and that the upstream was to read, with those that curl made and
    /// those that the server saw; nil: there are no sockets.
    func account(of sends: UInt64) -> Account? {
        guard let endpoints else { return nil }
        let made = endpoints.curl.sends
        let seen = endpoints.table.performed
        // After a cancellation, or on a slow machine, an attempt may end before it is sent or read.
        let lost = live?.unsure ?? 0
        let agree = made <= sends && seen <= made && sends - seen <= lost
        return Account(
            problem: agree
                ? nil : "\(sends) sends were counted, curl made \(made), the server saw \(seen)")
    }

    /// Closes all connections and ports.
    func close() { endpoints?.close() }
}
