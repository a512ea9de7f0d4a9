#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A pseudo-terminal that a test reads.
final class Terminal {
    /// The program's side of the terminal.
    let descriptor: Int32
    private let mine: Int32
    private var bytes: [UInt8] = []

    init() throws {
        var (mine, theirs) = (Int32(), Int32())
        let made = unsafe openpty(&mine, &theirs, nil, nil, nil)
        guard made == 0, fcntl(mine, F_SETFL, O_NONBLOCK) == 0 else {
            throw ChildProcess.Failure(description: "no pseudo-terminal: error \(errno)")
        }
        // A child that kept our side open would never see the terminal close.
        _ = fcntl(mine, F_SETFD, FD_CLOEXEC)
        _ = fcntl(theirs, F_SETFD, FD_CLOEXEC)
        (self.mine, descriptor) = (mine, theirs)
    }

    deinit {
        _ = close(descriptor)
        _ = close(mine)
    }

    /// Reads what was written so far. The terminal's buffer is small, so a program blocks if it is
    /// not read.
    func look() {
        var chunk = [UInt8](repeating: 0, count: 4_096)
        while true {
            let count = unsafe chunk.withUnsafeMutableBytes {
                unsafe read(mine, $0.baseAddress, $0.count)
            }
            guard count > 0 else { return }
            bytes += chunk[..<count]
        }
    }

    /// Everything that was written.
    var text: String {
        look()
        return String(decoding: bytes, as: UTF8.self)
    }
}
