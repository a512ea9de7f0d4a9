import Foundation
import Synchronization
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A third-party program that runs for the lifetime of this object.
final class Program {
    let id: pid_t
    private let output: Int32
    private var hasEnded = false

    /// - Throws: An error if it cannot be started.
    init(_ words: [String], in folder: String = "/") throws {
        // The shell becomes the program: posix_spawn alone starts nothing in another folder everywhere.
        let words = ["/bin/sh", "-c", "cd \"$1\" && shift && exec \"$@\"", "sh", folder] + words
        // One start at a time: a program that starts between `pipe` and `fcntl` would keep it open.
        let (id, output, status) = Self.starting.withLock { _ in Self.start(words) }
        (self.id, self.output) = (id, output)
        try #require(status == 0, "\(words) does not start: error \(status)")
    }

    private static let starting = Mutex(())

    private static func start(_ words: [String]) -> (pid_t, Int32, Int32) {
        var ends: [Int32] = [-1, -1]
        guard unsafe pipe(&ends) == 0 else { return (0, -1, errno) }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        unsafe posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
        unsafe posix_spawn_file_actions_adddup2(&actions, ends[1], 2)
        var id = pid_t()
        let copies = unsafe words.map { unsafe strdup($0) } + [nil]
        defer { unsafe copies.forEach { unsafe free($0) } }
        let status = unsafe posix_spawn(&id, words[0], &actions, nil, copies, environ)
        close(ends[1])
        return (id, ends[0], status)
    }

    deinit {
        if !hasEnded, id > 0 {
            kill(id, SIGKILL)
            _ = waitpid(id, nil, 0)
        }
        close(output)
    }

    /// The number after `label` in a line of the output, for example the port that it listens on.
    func number(after label: String) throws -> UInt16 {
        var text = ""
        while true {
            let more = read()
            try #require(!more.isEmpty, "it ended without a line with '\(label)': \(text)")
            text += more
            for line in text.split(separator: "\n").dropLast(text.hasSuffix("\n") ? 0 : 1) {
                guard let range = line.range(of: label) else { continue }
                let digits = line[range.upperBound...].prefix(while: \.isNumber)
                return try #require(UInt16(digits), "no number behind '\(label)': \(line)")
            }
        }
    }

    /// Runs a program to its end.
    /// - Throws: An error if it fails.
    static func run(_ words: [String], in folder: String) throws {
        let program = try Program(words, in: folder)
        var text = ""
        while case let more = program.read(), !more.isEmpty { text += more }
        var status: Int32 = 0
        _ = unsafe waitpid(program.id, &status, 0)
        program.hasEnded = true
        try #require(status == 0, "\(words.joined(separator: " ")): \(text)")
    }

    /// Reads the next part of its output; empty at the end.
    private func read() -> String {
        var bytes = [UInt8](repeating: 0, count: 4_096)
        let count = unsafe bytes.withUnsafeMutableBytes {
            unsafe Glibc.read(output, $0.baseAddress, $0.count)
        }
        return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
    }
}
