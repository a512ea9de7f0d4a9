internal import CMicroHTTPD
import Synchronization
public import Upstream

extension MockUpstreamServer {
    /// What a client meets before it can send a request.
    public enum ListenerState: Sendable, Hashable, CaseIterable {
        /// The server accepts requests and presents its regular certificate.
        case open
        /// Connections are refused, because no socket listens.
        case refused
        /// The server presents an expired certificate.
        case expired
        /// The server presents a certificate for another host.
        case wrongHost
        /// The server presents a certificate that is not signed by a trusted authority.
        case untrusted
        /// Connections are accepted, but nothing is ever sent.
        case handshakeHang

        /// The state in which a client meets this ending.
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

        /// Whether connections are accepted at all.
        var isListening: Bool { self != .refused }
    }
}

/// A port with its listener state. Any thread may change the state; the reactor's thread accepts
/// connections.
final class ListeningPort: Sendable {
    private struct State: ~Copyable {
        /// nil after the port was closed.
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

    /// The listening socket's descriptor, for ``Readiness``.
    let descriptor: Int32

    /// Whether connections can arrive.
    var isListening: Bool { state.withLock { $0.listener != nil && $0.listenerState.isListening } }

    /// Changes the state. Connections that were not accepted yet meet the new one.
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

    /// The next connection, with the state that it is to meet.
    func accept(_ address: inout sockaddr_storage, _ length: inout socklen_t)
        -> (caller: Listener.Caller, listenerState: MockUpstreamServer.ListenerState)
    {
        state.withLock { state in
            guard state.listenerState.isListening else {
                return (.noneWaiting, state.listenerState)
            }
            return (state.listener?.accept(&address, &length) ?? .noneWaiting, state.listenerState)
        }
    }

    /// Closes the port for good.
    func close() { state.withLock { $0.listener = nil } }
}
