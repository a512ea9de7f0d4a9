internal import CMicroHTTPD
import Platform

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A port of this machine, which can be opened and closed for connections.
struct Listener: ~Copyable {
    private let descriptor: Descriptor
    /// The number of the port, even if the system chose it.
    let port: UInt16

    /// Reserves a port without listening yet.
    init(address: String, port: UInt16) throws(MockUpstreamError) {
        let first = try Self.bound(address: address, port: port)
        let found = try Self.port(of: first.raw)
        // The system releases a port that it chose itself when the socket stops listening, but
        // keeps one that was asked for by number. So the chosen port is bound again by number while
        // the first socket still holds it.
        descriptor = try Self.again(first, address: address, port: port == 0 ? found : nil)
        self.port = found
    }

    private static func again(_ first: consuming Descriptor, address: String, port: UInt16?)
        throws(MockUpstreamError) -> Descriptor
    {
        guard let port else { return first }
        return try bound(address: address, port: port)
    }

    private static func bound(address: String, port: UInt16) throws(MockUpstreamError)
        -> Descriptor
    {
        var hints = unsafe addrinfo()
        // Only numeric addresses; no name is looked up.
        unsafe hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE
        unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        let status = unsafe getaddrinfo(address, String(port), &hints, &found)
        guard status == 0, let info = unsafe found else {
            throw MockUpstreamError(
                code: .addressInvalid,
                message: "'\(address)' is no IP address; write one, such as 127.0.0.1.")
        }
        defer { unsafe freeaddrinfo(info) }
        let kind = SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue
        let descriptor = try Descriptor(
            unsafe socket(info.pointee.ai_family, Int32(kind), 0), for: "listening")
        var yes: Int32 = 1
        // Without this the port of a server that has just stopped stays in use for a minute.
        unsafe setsockopt(
            descriptor.raw, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        guard unsafe bind(descriptor.raw, info.pointee.ai_addr, info.pointee.ai_addrlen) == 0 else {
            throw refused(errno, address: address, port: port)
        }
        return descriptor
    }

    /// The socket's descriptor, for ``Readiness``.
    var raw: Int32 { descriptor.raw }

    /// Starts listening.
    borrowing func open(address: String) throws(MockUpstreamError) {
        guard listen(descriptor.raw, 4_096) == 0 else {
            throw Self.refused(errno, address: address, port: port)
        }
    }

    /// Stops listening and resets connections that were not accepted yet. The port stays reserved.
    borrowing func close() { shutdown(descriptor.raw, Int32(SHUT_RD)) }

    /// The result of accepting a connection.
    enum Caller {
        /// A connection in non-blocking mode.
        case connection(Int32)
        /// No connection is waiting, or the socket does not listen any more.
        case noneWaiting
        /// A connection is waiting, but the system has no descriptor or memory for it.
        case noRoom
    }

    /// Accepts the next connection.
    borrowing func accept(_ address: inout sockaddr_storage, _ length: inout socklen_t) -> Caller {
        while true {
            length = socklen_t(MemoryLayout<sockaddr_storage>.size)
            let caller = unsafe cmicrohttpd_accept(descriptor.raw, &address, &length)
            if caller >= 0 { return .connection(caller) }
            switch errno {
            // EINVAL: the socket does not listen any more.
            case EAGAIN, EINVAL: return .noneWaiting
            case EMFILE, ENFILE, ENOBUFS, ENOMEM: return .noRoom
            // That connection was closed while it waited; there may be another one.
            default: continue
            }
        }
    }

    private static func port(of descriptor: Int32) throws(MockUpstreamError) -> UInt16 {
        var address = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let status = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe getsockname(descriptor, $0, &length)
            }
        }
        guard status == 0 else {
            throw MockUpstreamError(
                code: .outOfResources,
                message: "the system does not tell the port: \(systemText(errno)).")
        }
        // The port is at the same offset for IPv4 and IPv6.
        return unsafe withUnsafeBytes(of: address) {
            unsafe UInt16(bigEndian: $0.loadUnaligned(fromByteOffset: 2, as: UInt16.self))
        }
    }

    private static func refused(_ number: Int32, address: String, port: UInt16)
        -> MockUpstreamError
    {
        let place = address.contains(":") ? "[\(address)]:\(port)" : "\(address):\(port)"
        return switch number {
        case EADDRINUSE:
            MockUpstreamError(
                code: .addressInUse,
                message: "\(place) is already in use; choose another port, or 0.")
        case EACCES, EPERM:
            MockUpstreamError(
                code: .notPermitted,
                message: "you may not listen at \(place); choose a port from 1024 on, or 0.")
        case EADDRNOTAVAIL:
            MockUpstreamError(
                code: .addressNotHere,
                message:
                    "\(address) is no address of this machine; use one that 'ip address' shows.")
        default:
            MockUpstreamError(
                code: .outOfResources,
                message: "nobody can listen at \(place): \(systemText(number)).")
        }
    }
}
