internal import CMicroHTTPD
import Synchronization
public import Upstream

extension MockUpstreamServer {
    /// What a client meets before it can send a request.
    public enum ListenerState: Sendable, Hashable, CaseIterable {
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
final class ListeningPort: Sendable {
    private struct State: ~Copyable {
        /// nil: closed for good.
        var listener: Listener?
        var listenerState: MockUpstreamServer.ListenerState
    }

    let port: UInt16
    private let address: String
    private let state: Mutex<State>

    init(address: String, port: UInt16, listenerState: MockUpstreamServer.ListenerState)
        throws(MockUpstreamError)
    {
        let listener = try Listener(address: address, port: port)
        if listenerState.isListening { try listener.open(address: address) }
        self.address = address
        self.port = listener.port
        descriptor = listener.raw
        state = Mutex(State(listener: listener, listenerState: listenerState))
    }

    /// For ``Readiness``.
    let descriptor: Int32

    /// Whether anybody can come.
    var isListening: Bool { state.withLock { $0.listener != nil && $0.listenerState.isListening } }

    /// Turns the door. Callers whom nobody has let in yet meet the new one.
    func turn(_ listenerState: MockUpstreamServer.ListenerState) throws(MockUpstreamError) {
        let failure = state.withLock { state -> MockUpstreamError? in
            do throws(MockUpstreamError) {
                if listenerState.isListening != state.listenerState.isListening {
                    if listenerState.isListening {
                        try state.listener?.open(address: address)
                    } else {
                        state.listener?.close()
                    }
                }
                state.listenerState = listenerState
                return nil
            } catch { return error }
        }
        if let failure { throw failure }
    }

    /// The next caller and what it is to meet.
    func accept(_ address: inout sockaddr_storage, _ length: inout socklen_t)
        -> (caller: Listener.Caller, listenerState: MockUpstreamServer.ListenerState)
    {
        state.withLock { state in
            guard state.listenerState.isListening else { return (.nobody, state.listenerState) }
            return (state.listener?.accept(&address, &length) ?? .nobody, state.listenerState)
        }
    }

    /// Gives the port back.
    func close() { state.withLock { $0.listener = nil } }
}
