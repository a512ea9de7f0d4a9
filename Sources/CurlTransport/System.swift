import APIClient

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The loop's clock, which is the client's own: nanoseconds since the start of the process.
enum LoopClock {
    private static let origin = ContinuousClock.now

    static var now: Int64 { origin.duration(to: .now).nanoseconds }
}

/// A socket that programs started from this one do not inherit; libcurl makes them otherwise.
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

/// One of a pair of connected sockets whose other end is closed; nil where there are no descriptors.
func makeClosedSocket() -> Int32? {
    var pair: [Int32] = [-1, -1]
    #if canImport(Darwin) || canImport(Musl)
        let stream = SOCK_STREAM
    #else
        let stream = Int32(SOCK_STREAM.rawValue)
    #endif
    guard unsafe socketpair(AF_UNIX, stream, 0, &pair) == 0 else { return nil }
    close(pair[1])
    return pair[0]
}

/// Why a file cannot be opened to read, in the system's words; nil where it can.
func reasonNotToRead(_ file: String) -> String? {
    guard !file.utf8.contains(0) else { return "the path contains a zero byte" }
    let descriptor = unsafe open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { return systemText(errno) }
    defer { close(descriptor) }
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0 else { return systemText(errno) }
    return status.st_mode & S_IFMT == S_IFREG ? nil : "it is not a regular file"
}

/// The first 64 KiB of a file; nil where it cannot be read.
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

/// The system's words for an error number, such as `No such file or directory`.
func systemText(_ number: Int32) -> String {
    guard let text = unsafe strerror(number) else { return "error \(number)" }
    return unsafe String(cString: text)
}
