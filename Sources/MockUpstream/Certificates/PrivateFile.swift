import Platform

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Files that only this user can read, because they may contain a key.
enum PrivateFile {
    /// Makes a new file with mode 0600. An existing file is replaced.
    static func make(_ text: String, to path: String) throws(MockUpstreamError) {
        if unsafe unlink(path) != 0, errno != ENOENT { throw failure(path) }
        let raw = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard raw >= 0 else { throw failure(path) }
        let file = Descriptor(open: raw)
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = unsafe rest.withUnsafeBytes {
                unsafe write(file.raw, $0.baseAddress, $0.count)
            }
            if count < 0 {
                if errno == EINTR { continue }
                throw failure(path)
            }
            rest = rest.dropFirst(count)
        }
    }

    private static func failure(_ path: String) -> MockUpstreamError {
        MockUpstreamError(
            code: .fileNotWritten,
            message: "'\(path)' cannot be written: \(systemText(errno)); choose another folder.")
    }
}
