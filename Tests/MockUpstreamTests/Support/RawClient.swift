#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A connection on which a test sends any bytes.
final class RawClient {
    struct Failure: Error { let number: Int32 }

    private let descriptor: Int32
    private var isOpen = true

    /// Connects to loopback; reading gives up after a while.
    init(port: UInt16, idleTimeout: Int = 10) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw Failure(number: errno) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let status = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard status == 0 else {
            let number = errno
            Glibc.close(descriptor)
            throw Failure(number: number)
        }
        var time = timeval(tv_sec: idleTimeout, tv_usec: 0)
        unsafe setsockopt(
            descriptor, SOL_SOCKET, SO_RCVTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
    }

    deinit { close() }

    func close() {
        if isOpen { Glibc.close(descriptor) }
        isOpen = false
    }

    /// Closes the sending direction. The answer can still be read.
    func endSending() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// Whether all bytes were taken; a server may have closed by then.
    @discardableResult func send(_ bytes: [UInt8]) -> Bool {
        unsafe bytes.withUnsafeBytes {
            unsafe Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
        } == bytes.count
    }

    @discardableResult func send(_ text: String) -> Bool { send(Array(text.utf8)) }

    /// Reads the next bytes.
    /// - Returns: An empty text at the end; nil if the connection was reset or nothing arrived in
    ///   time.
    func read() -> String? {
        var bytes = [UInt8](repeating: 0, count: 65_536)
        let count = unsafe bytes.withUnsafeMutableBytes {
            unsafe recv(descriptor, $0.baseAddress, $0.count, 0)
        }
        return count < 0 ? nil : String(decoding: bytes[..<count], as: UTF8.self)
    }

    /// Reads until the text ends with `end`.
    func read(through end: String) -> String {
        var text = ""
        while !text.hasSuffix(end), let more = read(), !more.isEmpty { text += more }
        return text
    }

    /// Reads until the other side closes or resets the connection.
    func readToEnd() -> String {
        var text = ""
        while let more = read(), !more.isEmpty { text += more }
        return text
    }
}
