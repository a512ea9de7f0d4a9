#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A system call that failed.
struct SystemError: Error {
    let number: Int32

    /// The error of the call just made.
    static var last: SystemError { SystemError(number: errno) }

    /// The system's words, such as `No space left on device`.
    var words: String {
        guard let text = unsafe strerror(number) else { return "error \(number)" }
        return unsafe String(cString: text)
    }
}

/// The system's calls for open files, made again where a signal interrupted them.
enum Descriptor {
    static func opened(_ path: String, _ flags: Int32) throws(SystemError) -> Int32 {
        while true {
            let descriptor = unsafe open(path, flags | O_CLOEXEC, 0o666)
            if descriptor >= 0 { return descriptor }
            if errno != EINTR { throw .last }
        }
    }

    /// Everything up to the end, or a little more than `bytesMax`.
    static func contents(_ descriptor: Int32, bytesMax: Int) throws(SystemError) -> [UInt8] {
        var contents: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while contents.count <= bytesMax {
            let count = unsafe chunk.withUnsafeMutableBytes {
                unsafe read(descriptor, $0.baseAddress, $0.count)
            }
            if count == 0 { break }
            if count > 0 { contents += chunk[..<count] } else if errno != EINTR { throw .last }
        }
        return contents
    }

    static func put(_ text: String, _ descriptor: Int32) throws(SystemError) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = unsafe rest.withUnsafeBytes {
                unsafe write(descriptor, $0.baseAddress, $0.count)
            }
            if count >= 0 {
                rest = rest.dropFirst(count)
            } else if errno == EAGAIN {
                // Somebody made the terminal or the pipe non-blocking.
                var ready = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                _ = unsafe poll(&ready, 1, -1)
            } else if errno != EINTR {
                throw .last
            }
        }
    }
}
