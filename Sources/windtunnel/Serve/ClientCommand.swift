import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A client command, run by the shell in its own process group, so that all its processes can be
/// ended. Its standard output is redirected to standard error, because standard output is for the
/// report.
final class ClientCommand {
    private static let killGrace: Int64 = 2_000_000_000
    private let id: pid_t
    private var code: Int32?

    /// Starts the command.
    /// - Throws: `SystemError` if the shell cannot be started.
    init(_ command: String) throws(SystemError) {
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        unsafe posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO)
        var attributes = posix_spawnattr_t()
        unsafe posix_spawnattr_init(&attributes)
        defer { unsafe posix_spawnattr_destroy(&attributes) }
        unsafe posix_spawnattr_setpgroup(&attributes, 0)
        // The signals that this program ignores or handles have their default action in the client.
        var signals = sigset_t()
        unsafe sigemptyset(&signals)
        for number in [SIGINT, SIGTERM, SIGPIPE] { unsafe sigaddset(&signals, number) }
        unsafe posix_spawnattr_setsigdefault(&attributes, &signals)
        unsafe posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF))
        var id = pid_t()
        let number = unsafe "sh".withCString { name in
            unsafe "-c".withCString { flag in
                unsafe command.withCString { text in
                    let words: [UnsafeMutablePointer<CChar>?] = unsafe [
                        UnsafeMutablePointer(mutating: name), UnsafeMutablePointer(mutating: flag),
                        UnsafeMutablePointer(mutating: text), nil,
                    ]
                    return unsafe posix_spawn(
                        &id, "/bin/sh", &actions, &attributes, words, environ)
                }
            }
        }
        guard number == 0 else { throw SystemError(number: number) }
        self.id = id
        Interruption.clientGroup.store(id, ordering: .releasing)
    }

    deinit { end() }

    /// The command's exit code, or 128 plus the number of the signal that ended it. nil while it
    /// runs.
    var exitCode: Int32? {
        if code != nil { return code }
        var word: Int32 = 0
        let got = unsafe waitpid(id, &word, WNOHANG)
        // Every result except "still running" and "interrupted by a signal" means that it has
        // ended.
        if got == 0 || (got < 0 && errno == EINTR) { return nil }
        let signal = word & 0x7f
        code = got < 0 ? 127 : signal == 0 ? (word >> 8) & 0xff : 128 + signal
        // This ends processes that the command started and left behind.
        _ = kill(-id, SIGKILL)
        Interruption.clientGroup.store(0, ordering: .releasing)
        return code
    }

    /// Ends the command: with SIGTERM first, and with SIGKILL if it still runs 2 s later.
    func end() {
        guard exitCode == nil else { return }
        _ = kill(-id, SIGTERM)
        let deadline = MonotonicClock.now + Self.killGrace
        while exitCode == nil {
            if MonotonicClock.now > deadline { _ = kill(-id, SIGKILL) }
            MonotonicClock.wait(5_000_000)
        }
    }
}
