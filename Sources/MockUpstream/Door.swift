internal import CMicroHTTPD
import Synchronization
public import Upstream

extension MockUpstream {
    /// What a client meets before it can send a request.
    public enum Door: Sendable, Hashable, CaseIterable {
        /// The honest server.
        case open
        /// Nobody listens.
        case refused
        /// A certificate whose time is over.
        case expired
        /// A certificate for another host.
        case wrongHost
        /// A certificate that nobody who is trusted has signed.
        case untrusted
        /// The connection comes about, and nothing is ever said.
        case handshakeHang

        /// Behind which door an exchange ends so.
        public init(for ending: Decision.Ending) {
            self =
                switch ending {
                case .broken(.refused, _): .refused
                case .broken(.expired, _): .expired
                case .broken(.wrongHost, _): .wrongHost
                case .broken(.untrusted, _): .untrusted
                case .hang(beforeRequest: true): .handshakeHang
                case .answer, .broken, .hang(beforeRequest: false): .open
                }
        }

        /// Whether callers are accepted at all.
        var isListening: Bool { self != .refused }
    }
}

/// A port and what is behind it. Any thread may turn the door; callers are let in by the reactor's.
final class Entrance: Sendable {
    private struct State: ~Copyable {
        /// nil: closed for good.
        var listener: Listener?
        var door: MockUpstream.Door
    }

    let port: UInt16
    private let address: String
    private let state: Mutex<State>

    init(address: String, port: UInt16, door: MockUpstream.Door) throws(MockUpstreamError) {
        let listener = try Listener(address: address, port: port)
        if door.isListening { try listener.open(address: address) }
        self.address = address
        self.port = listener.port
        descriptor = listener.raw
        state = Mutex(State(listener: listener, door: door))
    }

    /// For ``Readiness``.
    let descriptor: Int32

    /// Whether anybody can come.
    var isListening: Bool { state.withLock { $0.listener != nil && $0.door.isListening } }

    /// Turns the door. Callers whom nobody has let in yet meet the new one.
    func turn(_ door: MockUpstream.Door) throws(MockUpstreamError) {
        let failure = state.withLock { state -> MockUpstreamError? in
            do throws(MockUpstreamError) {
                if door.isListening != state.door.isListening {
                    if door.isListening {
                        try state.listener?.open(address: address)
                    } else {
                        state.listener?.close()
                    }
                }
                state.door = door
                return nil
            } catch { return error }
        }
        if let failure { throw failure }
    }

    /// The next caller and what it is to meet.
    func accept(_ address: inout sockaddr_storage, _ length: inout socklen_t)
        -> (caller: Listener.Caller, door: MockUpstream.Door)
    {
        state.withLock { state in
            guard state.door.isListening else { return (.nobody, state.door) }
            return (state.listener?.accept(&address, &length) ?? .nobody, state.door)
        }
    }

    /// Gives the port back.
    func close() { state.withLock { $0.listener = nil } }
}
