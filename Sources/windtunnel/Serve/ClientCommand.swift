import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Somebody's client, run by the shell in a process group of its own, so that nothing of it is left.
/// Its standard output goes to standard error: ours is for the report.
final class ClientCommand {
    private static let killGrace: Int64 = 2_000_000_000
    private let id: pid_t
    private var code: Int32?

    /// - Throws: `SystemError` where the shell does not start.
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
        // What this program ignores or catches, the client meets as usual.
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

    /// Its exit code, or 128 and the number of the signal that ended it, as a shell says it; nil while
    /// it runs.
    var exitCode: Int32? {
        if code != nil { return code }
        var word: Int32 = 0
        let got = unsafe waitpid(id, &word, WNOHANG)
        // Anything but "not yet" and "a signal came" means that there is nothing to wait for.
        if got == 0 || (got < 0 && errno == EINTR) { return nil }
        let signal = word & 0x7f
        code = got < 0 ? 127 : signal == 0 ? (word >> 8) & 0xff : 128 + signal
        // What it has started and left behind.
        _ = kill(-id, SIGKILL)
        Interruption.clientGroup.store(0, ordering: .releasing)
        return code
    }

    /// Ends it, politely at first.
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
