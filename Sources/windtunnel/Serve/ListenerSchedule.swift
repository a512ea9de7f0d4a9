import MockUpstream
import ScenarioFile
import Upstream

/// Opens and closes the server's listener on the scenario's schedule, for the faults that happen
/// before a request is known.
struct ListenerSchedule {
    private let upstream: UpstreamConfiguration
    private var listenerState = MockUpstreamServer.ListenerState.open
    /// When the state may change next, in nanoseconds since the start. nil: never.
    private(set) var due: Int64? = 0

    init(_ upstream: UpstreamConfiguration) { self.upstream = upstream }

    /// Changes the listener's state if it is time to.
    /// - Returns: `true` if the state was changed.
    mutating func look(at now: Int64, _ server: MockUpstreamServer) throws(MockUpstreamError)
        -> Bool
    {
        guard let due, now >= due else { return false }
        self.due = faults.compactMap { $0.schedule.nextEdge(after: now) }.min()
        let wanted = Self.listenerState(
            faults.first { $0.schedule.occurrence(at: now) != nil }?.effect)
        guard wanted != listenerState else { return false }
        try server.setListenerState(wanted)
        listenerState = wanted
        return true
    }

    private var faults: [Fault] { upstream.faults.filter(\.effect.isBeforeRequest) }

    private static func listenerState(_ effect: Fault.Effect?) -> MockUpstreamServer.ListenerState {
        switch effect?.kind {
        case "refuse": .refused
        case "expired": .expired
        case "wrong_host": .wrongHost
        case "untrusted": .untrusted
        case "handshake_hang": .handshakeHang
        default: .open
        }
    }

    /// The first fault of a scenario that needs TLS, by its name in the file; nil if there is none.
    static func needsTLS(_ upstream: UpstreamConfiguration) -> String? {
        upstream.faults.map(\.effect).first { $0.isBeforeRequest && $0.kind != "refuse" }?.kind
    }
}
