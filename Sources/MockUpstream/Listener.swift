internal import CMicroHTTPD
import Platform

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A port of this machine, at which somebody listens or nobody does.
struct Listener: ~Copyable {
    private let descriptor: Descriptor
    /// The port, also where the system chose it.
    let port: UInt16

    /// Takes a port; nobody listens yet.
    init(address: String, port: UInt16) throws(MockUpstreamError) {
        let first = try Self.bound(address: address, port: port)
        let found = try Self.port(of: first.raw)
        // A port that the system chose is given back as soon as nobody listens. One that was asked
        // for stays taken, so it is asked for while the first socket holds it.
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
        // No name is looked up.
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
        // Without it the port of a server that has just stopped is taken for a minute.
        unsafe setsockopt(
            descriptor.raw, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        guard unsafe bind(descriptor.raw, info.pointee.ai_addr, info.pointee.ai_addrlen) == 0 else {
            throw refused(errno, address: address, port: port)
        }
        return descriptor
    }

    /// For ``Readiness``.
    var raw: Int32 { descriptor.raw }

    /// Lets callers in.
    borrowing func open(address: String) throws(MockUpstreamError) {
        guard listen(descriptor.raw, 4_096) == 0 else {
            throw Self.refused(errno, address: address, port: port)
        }
    }

    /// Lets nobody in, and resets those who wait at the door; the port stays taken.
    borrowing func close() { shutdown(descriptor.raw, Int32(SHUT_RD)) }

    /// Who is at the door.
    enum Caller {
        /// A connection, ready for use without waiting.
        case connection(Int32)
        case nobody
        /// The system has no descriptor or no memory for whoever it is.
        case noRoom
    }

    /// The next caller.
    borrowing func accept(_ address: inout sockaddr_storage, _ length: inout socklen_t) -> Caller {
        while true {
            length = socklen_t(MemoryLayout<sockaddr_storage>.size)
            let caller = unsafe cmicrohttpd_accept(descriptor.raw, &address, &length)
            if caller >= 0 { return .connection(caller) }
            switch errno {
            // EINVAL: nobody listens any longer.
            case EAGAIN, EINVAL: return .nobody
            case EMFILE, ENFILE, ENOBUFS, ENOMEM: return .noRoom
            // It has gone while it waited; the next one may be there.
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
        // The port stands at the same place for both families.
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
