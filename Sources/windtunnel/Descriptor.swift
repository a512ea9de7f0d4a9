#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The error of a system call.
struct SystemError: Error {
    let number: Int32

    /// The error of the last system call on this thread.
    static var last: SystemError { SystemError(number: errno) }

    /// The system's description, for example `No space left on device`.
    var words: String {
        guard let text = unsafe strerror(number) else { return "error \(number)" }
        return unsafe String(cString: text)
    }
}

/// System calls for open files. They are repeated if a signal interrupts them.
enum Descriptor {
    static func opened(_ path: String, _ flags: Int32) throws(SystemError) -> Int32 {
        while true {
            let descriptor = unsafe open(path, flags | O_CLOEXEC, 0o666)
            if descriptor >= 0 { return descriptor }
            if errno != EINTR { throw .last }
        }
    }

    /// Reads up to the end, or until slightly more than `bytesMax` bytes were read.
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
                // Another process made the terminal or the pipe non-blocking.
                var ready = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                _ = unsafe poll(&ready, 1, -1)
            } else if errno != EINTR {
                throw .last
            }
        }
    }
}
