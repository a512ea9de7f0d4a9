import Synchronization
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A server on 127.0.0.1 that follows a script for each connection, byte by byte, to do what a
/// correct server never does.
final class Peer: Sendable {
    enum Step: Sendable {
        /// Reads one request with its header and body.
        case read
        case write(String)
        case bytes([UInt8])
        /// Closes the connection properly.
        case finish
        /// Resets the connection.
        case reset
        /// Waits until the other side closes the connection.
        case hang
        /// Waits until ``Peer/release()``.
        case wait
        /// Waits in real time, for tests about real time.
        case sleep(Duration)
    }

    private struct State {
        var requests: [String] = []
        var connections = 0
        var open = 0
        var openMax = 0
        var isReleased = false
        var isOver = false
        var descriptors: Set<Int32> = []
    }

    let port: UInt16
    private let listener: Int32
    private let scripts: [[Step]]
    private let state = Mutex(State())

    /// The first connection follows the first script, and so on; all further ones the last.
    init(_ scripts: [Step]...) throws {
        self.scripts = scripts
        (listener, port) = try Self.listen(backlog: 1_024)
        let thread = unsafe Unmanaged.passRetained(self).toOpaque()
        unsafe try startThread(thread) { context in
            guard let context = unsafe context else { return nil }
            unsafe Unmanaged<Peer>.fromOpaque(context).takeRetainedValue().acceptAll()
            return nil
        }
    }

    /// A bound port without a listener.
    static func closedPort() throws -> UInt16 {
        let (descriptor, port) = try listen(backlog: nil)
        close(descriptor)
        return port
    }

    /// A listener that never accepts. Its backlog is full: connections to it hang.
    static func fullListener() throws -> (descriptor: Int32, port: UInt16) {
        try listen(backlog: 0)
    }

    var authority: String { "127.0.0.1:\(port)" }
    /// The requests as they were received.
    var requests: [String] { state.withLock { $0.requests } }
    var connections: Int { state.withLock { $0.connections } }
    var openConnections: Int { state.withLock { $0.open } }
    var openConnectionsMax: Int { state.withLock { $0.openMax } }

    func release() { state.withLock { $0.isReleased = true } }

    /// Closes the listener and all connections. Each peer must be ended, because its threads wait
    /// for it.
    func end() {
        state.withLock {
            $0.isOver = true
            $0.isReleased = true
            for descriptor in $0.descriptors { shutdown(descriptor, Int32(SHUT_RDWR)) }
        }
        shutdown(listener, Int32(SHUT_RDWR))
    }

    private static func listen(backlog: Int32?) throws -> (Int32, UInt16) {
        let descriptor = socket(
            AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        try #require(descriptor >= 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let status = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { general in
                guard unsafe bind(descriptor, general, size) == 0 else { return Int32(-1) }
                return unsafe getsockname(descriptor, general, &size)
            }
        }
        try #require(status == 0)
        if let backlog { try #require(Glibc.listen(descriptor, backlog) == 0) }
        return (descriptor, UInt16(bigEndian: address.sin_port))
    }

    private func acceptAll() {
        while true {
            let descriptor = accept(listener, nil, nil)
            let number: Int? = state.withLock {
                guard descriptor >= 0, !$0.isOver else { return nil }
                $0.connections += 1
                $0.open += 1
                $0.openMax = max($0.openMax, $0.open)
                $0.descriptors.insert(descriptor)
                return $0.connections - 1
            }
            guard let number else { break }
            let connection = Connection(peer: self, descriptor: descriptor, number: number)
            let context = unsafe Unmanaged.passRetained(connection).toOpaque()
            unsafe try? startThread(context) { context in
                guard let context = unsafe context else { return nil }
                let connection = unsafe Unmanaged<Connection>.fromOpaque(context)
                    .takeRetainedValue()
                connection.peer.serve(connection)
                return nil
            }
        }
        close(listener)
    }

    private final class Connection: Sendable {
        let peer: Peer
        let descriptor: Int32
        let number: Int
        init(peer: Peer, descriptor: Int32, number: Int) {
            (self.peer, self.descriptor, self.number) = (peer, descriptor, number)
        }
    }

    private func serve(_ connection: Connection) {
        let descriptor = connection.descriptor
        var rest: [UInt8] = []
        steps: for step in scripts[min(connection.number, scripts.count - 1)] {
            switch step {
            case .read:
                guard let request = read(descriptor, &rest) else { break steps }
                state.withLock { $0.requests.append(request) }
            case .write(let text): write(descriptor, Array(text.utf8))
            case .bytes(let bytes): write(descriptor, bytes)
            case .finish: break steps
            case .reset:
                var option = linger(l_onoff: 1, l_linger: 0)
                _ = unsafe setsockopt(
                    descriptor, SOL_SOCKET, SO_LINGER, &option,
                    socklen_t(MemoryLayout<linger>.size))
                break steps
            case .hang: while readMore(descriptor, &rest) {}
            case .sleep(let time): usleep(UInt32(time / .microseconds(1)))
            case .wait: while !state.withLock({ $0.isReleased }) { usleep(1_000) }
            }
        }
        state.withLock {
            $0.open -= 1
            $0.descriptors.remove(descriptor)
        }
        close(descriptor)
    }

    /// Reads one request; nil if the other side closes the connection.
    private func read(_ descriptor: Int32, _ rest: inout [UInt8]) -> String? {
        let end = Array("\r\n\r\n".utf8)
        var size: Int?
        while true {
            if size == nil, let head = rest.firstRange(of: end) {
                let text = String(decoding: rest[..<head.upperBound], as: UTF8.self).lowercased()
                let length = text.split(separator: "\r\n")
                    .first { $0.hasPrefix("content-length:") }
                    .flatMap { Int($0.drop { $0 != ":" }.dropFirst().filter { $0 != " " }) }
                size = head.upperBound + (length ?? 0)
            }
            if let size, rest.count >= size {
                let request = rest[..<size]
                rest.removeFirst(size)
                return String(decoding: request, as: UTF8.self)
            }
            if !readMore(descriptor, &rest) { return nil }
        }
    }

    private func readMore(_ descriptor: Int32, _ rest: inout [UInt8]) -> Bool {
        var chunk = [UInt8](repeating: 0, count: 65_536)
        let count = unsafe chunk.withUnsafeMutableBytes {
            unsafe recv(descriptor, $0.baseAddress, $0.count, 0)
        }
        if count > 0 { rest += chunk[..<count] }
        return count > 0
    }

    private func write(_ descriptor: Int32, _ bytes: [UInt8]) {
        var sent = 0
        while sent < bytes.count {
            let count = unsafe bytes.withUnsafeBytes {
                unsafe send(
                    descriptor, $0.baseAddress.map { unsafe $0 + sent }, $0.count - sent,
                    Int32(MSG_NOSIGNAL))
            }
            if count <= 0 { return }
            sent += count
        }
    }
}

private func startThread(
    _ context: UnsafeMutableRawPointer,
    _ body: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer?
) throws {
    var thread = pthread_t()
    try #require(unsafe pthread_create(&thread, nil, body, context) == 0)
    pthread_detach(thread)
}

extension Array where Element == UInt8 {
    fileprivate func firstRange(of part: [UInt8]) -> Range<Int>? {
        guard count >= part.count else { return nil }
        return (0...(count - part.count)).first { Array(self[$0..<($0 + part.count)]) == part }
            .map { $0..<($0 + part.count) }
    }
}
