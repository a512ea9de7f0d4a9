internal import CMicroHTTPD
import HTTPTypes
import Synchronization
import Upstream

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// One connection and its current request.
///
/// It is used on the reactor's thread only. The raw connection belongs to the daemon and is valid
/// from the notification of its start to that of its close.
@safe final class Connection {
    /// The state of the request.
    enum Phase {
        /// No request line has been read.
        case waiting
        /// The request line has been read.
        case begun
        /// The header has been read.
        case receiving
        /// The request was decided, and its decision is carried out.
        case performing
        /// The answer was passed to the daemon.
        case sending
    }

    let raw: OpaquePointer
    // The reactor stops its daemons, and with them all connections, before it is released.
    unowned(unsafe) let reactor: Reactor
    let descriptor: Int32
    /// The TLS session; nil for a connection without TLS.
    let session: UnsafeMutableRawPointer?
    /// A number that is unique among the connections of the reactor.
    let number: UInt64

    private(set) var phase = Phase.waiting
    /// The last instant at which the client was known to be active.
    private(set) var since: Int64
    private var target = ""
    fileprivate var header = HeaderBlock([:])
    private var body: [UInt8] = []
    private var isTooLarge = false
    var exchange: ServerExchange?

    // MARK: Waiting

    private(set) var isSuspended = false
    /// The number of the current wait; it distinguishes waits from earlier ones.
    private(set) var wait: UInt64 = 0
    private var isWatched = false
    /// Whether the client closed the connection during a wait.
    private(set) var hasLeft = false

    init(_ raw: OpaquePointer, reactor: Reactor) {
        unsafe self.raw = unsafe raw
        unsafe self.reactor = reactor
        descriptor = unsafe cmicrohttpd_descriptor(raw)
        unsafe session = unsafe cmicrohttpd_session(raw)
        number = reactor.nextConnectionNumber()
        since = Monotonic.now
    }

    /// Whether the server waits for the client to send or to receive something.
    var isClientsTurn: Bool { !isSuspended && phase != .performing }

    // MARK: - Callbacks of the daemon

    /// The request line has been read.
    func begin(target: String) {
        self.target = target
        phase = .begun
        body.removeAll()
        isTooLarge = false
    }

    /// More of the request has been read, or its wait is over.
    /// - Returns: whether the connection stays open.
    func advance(method: UnsafePointer<CChar>, part: UnsafeRawBufferPointer) -> Bool {
        unsafe reactor.work &+= 1
        switch phase {
        case .waiting, .sending: return true
        case .begun:
            phase = .receiving
            return announcesTooMuch ? refuse(.contentTooLarge) : true
        case .receiving where unsafe part.isEmpty: return unsafe complete(method)
        case .receiving:
            if unsafe body.count + part.count > reactor.settings.bodyBytesMax {
                isTooLarge = true
                body.removeAll()
            }
            if !isTooLarge { unsafe body.append(contentsOf: part) }
            return true
        case .performing: return perform()
        }
    }

    /// The answer was sent, or the request failed.
    func requestEnded(isComplete: Bool) {
        since = Monotonic.now
        phase = .waiting
        hasLeft = false
        guard let exchange = exchange.take() else { return }
        unsafe reactor.ended(exchange, isComplete: isComplete, at: since)
    }

    private var announcesTooMuch: Bool {
        guard let text = unsafe MHD_lookup_connection_value(raw, .HEADER_KIND, "content-length"),
            let length = unsafe Int(String(cString: text))
        else { return false }
        return unsafe length > reactor.settings.bodyBytesMax
    }

    private func complete(_ method: UnsafePointer<CChar>) -> Bool {
        if isTooLarge { return refuse(.contentTooLarge) }
        guard let method = unsafe HTTPRequest.Method(known: method) else {
            return refuse(.badRequest)
        }
        if let control = unsafe reactor.settings.control, target.hasPrefix(ControlAPI.prefix) {
            return unsafe send(
                control.answer(
                    method, target, connections: reactor.counts.open.load(ordering: .relaxed),
                    requests: reactor.counts.requests.load(ordering: .relaxed)))
        }
        header.removeAll()
        let context = unsafe Unmanaged.passUnretained(self).toOpaque()
        unsafe MHD_get_connection_values_n(raw, .HEADER_KIND, collectField, context)
        let request = ServedRequest(
            method: method, target: target, header: header, body: body, arrival: Monotonic.now,
            peer: peer)
        body = []
        unsafe reactor.counts.requests.add(1, ordering: .relaxed)
        let performance = unsafe reactor.source.performance(of: request)
        exchange = ServerExchange(performance, of: request)
        phase = .performing
        return perform()
    }

    /// Computed once, because it is expensive and the same for all requests of the connection.
    private lazy var peer: ServedRequest.Peer = {
        guard let session = unsafe session else { return .unknown }
        return unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 512) { reason in
            switch unsafe cmicrohttpd_verify_peer(session, reason.baseAddress, reason.count) {
            case 0: .unknown
            case 1: .verified
            default: unsafe .notVerified(String(cString: reason.baseAddress!))
            }
        }
    }()

    /// Answers a request without asking the source.
    private func refuse(_ status: HTTPResponse.Status) -> Bool {
        send(Answer(status: status.code, fields: [:], body: []))
    }

    // MARK: - Sending and waiting

    /// Passes a complete answer to the daemon.
    func send(_ answer: Answer, trickle: Bool = false) -> Bool {
        phase = .sending
        since = Monotonic.now
        if trickle {
            guard let response = unsafe Response.trickling(answer, on: self) else { return false }
            defer { unsafe MHD_destroy_response(response) }
            return unsafe MHD_queue_response(raw, UInt32(answer.status), response) == .YES
        }
        guard let response = unsafe reactor.responses.response(for: answer) else { return false }
        return unsafe MHD_queue_response(raw, UInt32(answer.status), response) == .YES
    }

    /// Copies the next bytes of a slow body.
    func read(_ buffer: UnsafeMutableRawBufferPointer, from position: Int) -> Int {
        guard !hasLeft, unsafe !reactor.isStopping, let trickle = exchange?.trickle,
            case .answer(let answer)? = exchange?.decision.ending
        else { return Response.endWithError }
        since = Monotonic.now
        let count = min(trickle.allowed(at: since) - position, buffer.count)
        guard count > 0 else {
            suspend(until: trickle.due(after: position))
            return 0
        }
        unsafe answer.body.withUnsafeBytes {
            unsafe buffer.copyMemory(
                from: UnsafeRawBufferPointer(rebasing: $0[position..<(position + count)]))
        }
        exchange?.sent = position + count
        return count
    }

    /// Suspends the connection until an instant, or until the client has closed it.
    func suspend(until due: Int64) {
        isSuspended = true
        wait += 1
        unsafe MHD_suspend_connection(raw)
        if due != .max { unsafe reactor.timers.add(self, wait: wait, due: due) }
        // If the system cannot detect the close, the wait lasts until its instant.
        if unsafe reactor.watchForEnd(self, again: isWatched) { isWatched = true }
    }

    /// Ends the wait.
    func resume() {
        guard isSuspended else { return }
        isSuspended = false
        unsafe MHD_resume_connection(raw)
    }

    /// Called when the client has closed the connection.
    func clientLeft() {
        guard isSuspended else { return }
        hasLeft = true
        resume()
    }

    /// Ends the connection: the daemon then finds it closed by the peer.
    func cut() { shutdown(descriptor, Int32(SHUT_RDWR)) }
}

private func collectField(
    _ context: UnsafeMutableRawPointer?, _ kind: MHD_ValueKind, _ name: UnsafePointer<CChar>?,
    _ nameSize: Int, _ value: UnsafePointer<CChar>?, _ valueSize: Int
) -> MHD_Result {
    guard let context = unsafe context else { return .NO }
    // Unretained is safe: this is called back only within the connection's own call.
    let connection = unsafe Unmanaged<Connection>.fromOpaque(context).takeUnretainedValue()
    unsafe connection.header.append(
        name: UnsafeRawBufferPointer(start: name, count: nameSize),
        value: UnsafeRawBufferPointer(start: value, count: value == nil ? 0 : valueSize))
    return .YES
}

extension HTTPRequest.Method {
    /// nil if the method is not a token of HTTP.
    fileprivate init?(known text: UnsafePointer<CChar>) {
        // The two most frequent methods, without making a string.
        if unsafe strcmp(text, "GET") == 0 {
            self = .get
        } else if unsafe strcmp(text, "POST") == 0 {
            self = .post
        } else {
            self.init(unsafe String(cString: text))
        }
    }
}
