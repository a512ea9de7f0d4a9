#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The `curl` program, a third-party client.
///
/// It is started without Foundation, whose `Process` keeps descriptors open for a while and does
/// not run under AddressSanitizer.
enum CurlProgram {
    struct Outcome {
        let exitCode: Int32
        let output: String
    }

    struct Failure: Error { let number: Int32 }

    /// Runs it with these arguments. `-q` keeps the user's own settings out, `--noproxy` the machine's.
    static func run(_ arguments: [String], secondsMax: String = "20") throws -> Outcome {
        var ends: [Int32] = [-1, -1]
        // A pair of sockets, because a pipe cannot be made so that no other child inherits it.
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        guard unsafe socketpair(AF_UNIX, kind, 0, &ends) == 0 else { throw Failure(number: errno) }
        defer { close(ends[0]) }
        let words =
            ["curl", "-q", "--silent", "--noproxy", "*", "--max-time", secondsMax] + arguments
        let child = start(words, output: ends[1])
        close(ends[1])
        let id = try child.get()
        var bytes: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 16_384)
        while true {
            let count = unsafe part.withUnsafeMutableBytes {
                unsafe read(ends[0], $0.baseAddress, $0.count)
            }
            if count > 0 { bytes += part[..<count] } else if count == 0 || errno != EINTR { break }
        }
        var status: Int32 = 0
        while unsafe waitpid(id, &status, 0) < 0 {
            guard errno == EINTR else { throw Failure(number: errno) }
        }
        guard status & 0x7F == 0 else { throw Failure(number: status) }
        return Outcome(exitCode: status >> 8 & 0xFF, output: String(decoding: bytes, as: UTF8.self))
    }

    private static func start(_ words: [String], output: Int32) -> Result<pid_t, Failure> {
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        unsafe posix_spawn_file_actions_adddup2(&actions, output, 1)
        unsafe posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
        var list = unsafe words.map { unsafe strdup($0) } + [nil]
        defer { for index in unsafe list.indices { unsafe free(list[index]) } }
        var id = pid_t()
        let number = unsafe posix_spawnp(&id, "curl", &actions, nil, &list, environ)
        return number == 0 ? .success(id) : .failure(Failure(number: number))
    }
}
