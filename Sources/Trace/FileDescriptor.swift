import Platform

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// An open file. Move-only: one owner, closed once.
struct FileDescriptor: ~Copyable {
    // -1: the file is closed.
    private var raw: Int32
    private let path: String

    /// Opens a file for reading.
    /// - Throws: `openFailed`.
    init(reading path: String) throws(TraceError) {
        try self.init(path, O_RDONLY | O_CLOEXEC)
    }

    /// Creates or truncates a file for writing, with mode 0644.
    /// - Throws: `openFailed`.
    init(writing path: String) throws(TraceError) {
        try self.init(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC)
    }

    private init(_ path: String, _ flags: Int32) throws(TraceError) {
        self.path = path
        // C would end the path at the zero byte and open another file.
        guard !path.utf8.contains(0) else {
            throw TraceError(
                code: .openFailed, path: path, message: "the path contains a zero byte")
        }
        var descriptor: Int32
        repeat {
            descriptor = unsafe open(path, flags, 0o644)
        } while descriptor < 0 && errno == EINTR
        guard descriptor >= 0 else {
            let number = errno
            throw TraceError(
                code: number == EISDIR ? .isDirectory : .openFailed, path: path,
                message: "cannot be opened: \(systemText(number))")
        }
        raw = descriptor
    }

    deinit { if raw >= 0 { _ = close(raw) } }

    /// Reads up to `count` bytes, in one call.
    /// - Returns: the number of bytes read; 0: end of file.
    /// - Throws: `readFailed`, `isDirectory`.
    func read(
        into place: UnsafeMutablePointer<UInt8>, count: Int
    ) throws(TraceError) -> Int {
        #if canImport(Darwin)
            let system = unsafe Darwin.read
        #elseif canImport(Musl)
            let system = unsafe Musl.read
        #else
            let system = unsafe Glibc.read
        #endif
        while true {
            let got = unsafe system(raw, place, count)
            if got >= 0 { return got }
            let number = errno
            if number == EINTR { continue }
            throw TraceError(
                code: number == EISDIR ? .isDirectory : .readFailed, path: path,
                message: "cannot be read: \(systemText(number))")
        }
    }

    /// Writes all bytes, in several calls if necessary.
    /// - Throws: `writeFailed`.
    func write(_ bytes: UnsafePointer<UInt8>, count: Int) throws(TraceError) {
        #if canImport(Darwin)
            let system = unsafe Darwin.write
        #elseif canImport(Musl)
            let system = unsafe Musl.write
        #else
            let system = unsafe Glibc.write
        #endif
        var written = 0
        while written < count {
            let sent = unsafe system(raw, bytes + written, count - written)
            if sent >= 0 {
                written += sent
            } else if errno != EINTR {
                throw writeError(errno)
            }
        }
    }

    /// Closes the file and checks the result: some network file systems report a full disk only here.
    /// - Throws: `writeFailed`.
    mutating func closeChecked() throws(TraceError) {
        guard raw >= 0 else { return }
        let status = close(raw)
        // The descriptor is invalid even after an error; closing it again could close another file.
        raw = -1
        if status != 0 && errno != EINTR { throw writeError(errno) }
    }

    private func writeError(_ number: Int32) -> TraceError {
        TraceError(
            code: .writeFailed, path: path, message: "cannot be written: \(systemText(number))")
    }
}
