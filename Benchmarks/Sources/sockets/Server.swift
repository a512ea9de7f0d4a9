#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Runs `sockets-server`, which is in the same folder as this program, for the lifetime of this
/// object.
final class Server {
    struct Failure: Error {}

    let port: UInt16
    private let id: pid_t
    private let input: Int32

    init() throws {
        let own = CommandLine.arguments[0]
        let folder = own.lastIndex(of: "/").map { String(own[...$0]) } ?? "./"
        var (toServer, fromServer): ([Int32], [Int32]) = ([-1, -1], [-1, -1])
        guard pipe(&toServer) == 0, pipe(&fromServer) == 0 else { throw Failure() }
        // The server ends when the last copy of this end of the pipe is closed.
        _ = fcntl(toServer[1], F_SETFD, FD_CLOEXEC)
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, toServer[0], 0)
        posix_spawn_file_actions_adddup2(&actions, fromServer[1], 1)
        var id = pid_t()
        let path = folder + "sockets-server"
        let name = strdup(path)
        defer { free(name) }
        guard posix_spawn(&id, path, &actions, nil, [name, nil], environ) == 0 else {
            throw Failure()
        }
        close(toServer[0])
        close(fromServer[1])
        defer { close(fromServer[0]) }
        var text = [UInt8](repeating: 0, count: 16)
        let count = read(fromServer[0], &text, text.count)
        let digits = String(decoding: text.prefix(max(0, count)), as: UTF8.self)
        guard let port = UInt16(digits.prefix { $0.isNumber }) else { throw Failure() }
        (self.port, self.id, input) = (port, id, toServer[1])
    }

    deinit {
        close(input)
        waitpid(id, nil, 0)
    }
}
