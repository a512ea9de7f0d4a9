import APIClient
import Platform

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The loop's clock: nanoseconds of the continuous clock since its first use in the process.
enum LoopClock {
    private static let origin = ContinuousClock.now

    static var now: Int64 { origin.duration(to: .now).nanoseconds }
}

/// Makes a socket that child processes do not inherit, which libcurl itself does not do.
func makeSocket(_ family: Int32, _ type: Int32, _ `protocol`: Int32) -> Int32 {
    #if canImport(Darwin)
        let descriptor = socket(family, type, `protocol`)
        if descriptor >= 0 { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
        return descriptor
    #elseif canImport(Musl)
        return socket(family, type | SOCK_CLOEXEC, `protocol`)
    #else
        return socket(family, type | Int32(SOCK_CLOEXEC.rawValue), `protocol`)
    #endif
}

/// A listener on 127.0.0.1 that accepts connections and closes its sending side at once. It is
/// move-only, so that it is closed once.
struct SilentListener: ~Copyable {
    private let listener: Int32
    private var accepted: [Int32] = []
    let port: UInt16

    /// nil if the system gives no socket.
    init?() {
        #if canImport(Darwin) || canImport(Musl)
            let descriptor = makeSocket(AF_INET, SOCK_STREAM, 0)
        #else
            let descriptor = makeSocket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        #endif
        guard descriptor >= 0 else { return nil }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                unsafe bind(descriptor, address, size) == 0 && listen(descriptor, 8) == 0
                    && getsockname(descriptor, address, &size) == 0
            }
        }
        guard isBound, fcntl(descriptor, F_SETFL, O_NONBLOCK) == 0 else {
            close(descriptor)
            return nil
        }
        listener = descriptor
        port = UInt16(bigEndian: address.sin_port)
    }

    deinit {
        for descriptor in accepted { close(descriptor) }
        close(listener)
    }

    /// Accepts all connections that have come so far.
    mutating func acceptAll() {
        while case let descriptor = accept(listener, nil, nil), descriptor >= 0 {
            shutdown(descriptor, Int32(SHUT_WR))
            accepted.append(descriptor)
        }
    }
}

/// The reason why a file cannot be opened for reading, as the system's message; nil if it can.
func reasonNotToRead(_ file: String) -> String? {
    guard !file.utf8.contains(0) else { return "the path contains a zero byte" }
    let descriptor = unsafe open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { return systemText(errno) }
    defer { close(descriptor) }
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0 else { return systemText(errno) }
    return status.st_mode & S_IFMT == S_IFREG ? nil : "it is not a regular file"
}

/// The first 64 KiB of a file; nil if it cannot be read.
func contents(_ file: String) -> [UInt8]? {
    let descriptor = unsafe open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: 65_536)
    let count = unsafe bytes.withUnsafeMutableBytes {
        unsafe read(descriptor, $0.baseAddress, $0.count)
    }
    return count >= 0 ? Array(bytes[..<count]) : nil
}
