import APIClient
import CurlTransport
import MockUpstream
import Scenario
import Simulation
import Upstream

/// The way from clients to the upstream: in memory, or over sockets of this flight's own.
///
/// Confined to the simulation's thread.
final class FlightRoute {
    private let pair: SocketPair?
    private var wire: WireLink?
    private var live: LiveLink?
    private let livePacemaker: LivePacemaker?

    /// - Throws: ``FlightError`` where there are no sockets to be had.
    init(_ scenario: Scenario, _ options: FlightOptions) throws(FlightError) {
        switch options.mode {
        case .simulated: (pair, livePacemaker) = (nil, nil)
        case .wire:
            (pair, livePacemaker) = (try SocketPair(scenario.upstream, .driven), nil)
        case .live:
            let sockets = try SocketPair(scenario.upstream, .threaded)
            (pair, livePacemaker) = (sockets, LivePacemaker(sockets.curl))
        case .serve:
            throw FlightError(.environment, "nobody flies where an upstream is only served")
        }
    }

    /// What clients are told that the upstream's address is.
    var baseURL: String { pair?.baseURL ?? "http://upstream.test" }
    /// nil: time is virtual.
    var pacemaker: (any Pacemaker)? { livePacemaker }
    /// Why the flight could not go on.
    var failure: FlightError? { wire?.failure ?? live?.failure }
    /// nil: time is virtual.
    var delivery: DeliveryFigures? { live?.figures }

    /// What the clients send by; to be asked once.
    func transport(_ desk: AttemptDesk) -> any Transport {
        guard let pair else { return SimulatedTransport(desk) }
        guard let livePacemaker else {
            let link = WireLink(pair)
            wire = link
            return WireTransport(desk, link)
        }
        let link = LiveLink(pair, livePacemaker, desk.log)
        live = link
        return LiveTransport(desk, link)
    }

    /// What was found when the sends of both ends were counted.
    struct Account {
        /// nil: they agree.
        let problem: String?
    }

    /// Holds the sends that the log has counted, and that the upstream was to read, against those that curl
    /// made and that the server saw; nil: there are no sockets.
    func account(of sends: UInt64) -> Account? {
        guard let pair else { return nil }
        let made = pair.curl.sends
        let seen = pair.table.performed
        // Who gives up, or meets a slow machine, may do so before anything is sent, or read.
        let lost = live?.unsure ?? 0
        let agree = made <= sends && seen <= made && sends - seen <= lost
        return Account(
            problem: agree
                ? nil : "\(sends) sends were counted, curl made \(made), the server saw \(seen)")
    }

    /// Closes every connection and port.
    func close() { pair?.close() }
}
