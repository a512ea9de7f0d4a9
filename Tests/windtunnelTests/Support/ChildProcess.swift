import Foundation
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A running program. Every wait for it has a time limit.
final class ChildProcess {
    /// The end of the program.
    struct Status {
        /// The exit code; nil if a signal ended it.
        let exitCode: Int32?
        let signal: Int32?
        /// The peak memory in bytes.
        let memoryPeak: Int
    }

    struct Failure: Error, CustomStringConvertible { let description: String }

    let id: pid_t
    private var status: Status?
    /// The memory when last measured, in bytes; 0 before the first measurement.
    private var memorySeen = 0

    /// - Parameters:
    ///   - words: The program and its arguments.
    ///   - streams: The descriptors of its standard input, output and error.
    init(
        _ words: [String], in folder: String, environment: [String], streams: [Int32]
    ) throws {
        // The shell becomes the program: posix_spawn alone starts nothing in another folder everywhere.
        let words = ["/bin/sh", "-c", "cd \"$1\" && shift && exec \"$@\"", "sh", folder] + words
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        for (number, descriptor) in streams.enumerated() {
            unsafe posix_spawn_file_actions_adddup2(&actions, descriptor, Int32(number))
        }
        var attributes = posix_spawnattr_t()
        unsafe posix_spawnattr_init(&attributes)
        defer { unsafe posix_spawnattr_destroy(&attributes) }
        // Whatever the tests' own runner ignores or blocks, the child does not.
        var signals = sigset_t()
        unsafe sigemptyset(&signals)
        unsafe posix_spawnattr_setsigmask(&attributes, &signals)
        for number in [SIGINT, SIGTERM, SIGHUP, SIGPIPE] { unsafe sigaddset(&signals, number) }
        unsafe posix_spawnattr_setsigdefault(&attributes, &signals)
        unsafe posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))
        var id = pid_t()
        let number = unsafe Self.withStrings(words) { arguments in
            unsafe Self.withStrings(environment) { variables in
                unsafe posix_spawn(&id, words[0], &actions, &attributes, arguments, variables)
            }
        }
        guard number == 0 else {
            throw Failure(description: "\(words[0]) does not start: error \(number)")
        }
        self.id = id
    }

    deinit {
        guard status == nil else { return }
        _ = kill(id, SIGKILL)
        var status: Int32 = 0
        _ = unsafe waitpid(id, &status, 0)
    }

    func send(_ signal: Int32) { _ = kill(id, signal) }

    /// Polls until `condition` holds.
    /// - Throws: ``Failure`` if the process ends before, or the time is over.
    func waitUntil(
        within seconds: Int, _ what: String, _ condition: () throws -> Bool
    ) throws {
        let deadline = ContinuousClock.now + .seconds(seconds)
        while true {
            let hasEnded = try hasEnded()
            if try condition() { return }
            if hasEnded { throw Failure(description: "it ended before \(what)") }
            if ContinuousClock.now > deadline {
                throw Failure(description: "no \(what) within \(seconds) s")
            }
            usleep(1_000)
        }
    }

    /// - Throws: ``Failure`` if the time is over. The process is then killed.
    func end(within seconds: Int, meanwhile: () -> Void = {}) throws -> Status {
        let deadline = ContinuousClock.now + .seconds(seconds)
        while true {
            if try hasEnded(), let status { return status }
            if ContinuousClock.now > deadline {
                throw Failure(description: "it did not end within \(seconds) s")
            }
            meanwhile()
            usleep(1_000)
        }
    }

    private func hasEnded() throws -> Bool {
        if status != nil { return true }
        var (word, usage) = (Int32(), rusage())
        let got = unsafe wait4(id, &word, WNOHANG, &usage)
        if got == 0 || (got < 0 && errno == EINTR) {
            memorySeen = max(memorySeen, memoryPeakNow)
            return false
        }
        guard got == id else { throw Failure(description: "wait4 fails: error \(errno)") }
        let signal = word & 0x7f
        #if canImport(Darwin)
            let memory = Int(usage.ru_maxrss)
        #else
            let memory = Int(usage.ru_maxrss) * 1_024
        #endif
        status = Status(
            exitCode: signal == 0 ? (word >> 8) & 0xff : nil, signal: signal == 0 ? nil : signal,
            memoryPeak: memorySeen > 0 ? memorySeen : memory)
        return true
    }

    /// The peak memory of the program so far in bytes; 0 if the system does not tell. The value of
    /// `wait4` is at least the memory that the parent had when it started the child.
    private var memoryPeakNow: Int {
        guard let text = try? String(contentsOfFile: "/proc/\(id)/status", encoding: .utf8),
            let line = text.split(separator: "\n").first(where: { $0.hasPrefix("VmHWM:") }),
            let kilobytes = Int(line.filter(\.isNumber))
        else { return 0 }
        return kilobytes * 1_024
    }

    /// The peak memory of this process in bytes.
    static var ownMemoryPeak: Int? {
        var usage = rusage()
        guard unsafe getrusage(numericCast(RUSAGE_SELF.rawValue), &usage) == 0 else { return nil }
        #if canImport(Darwin)
            return Int(usage.ru_maxrss)
        #else
            return Int(usage.ru_maxrss) * 1_024
        #endif
    }

    /// Gives `body` the strings as C takes lists of them.
    private static func withStrings<Result>(
        _ strings: [String], _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Result
    ) -> Result {
        let copies = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>.allocate(
            capacity: strings.count + 1)
        for (index, string) in strings.enumerated() { unsafe copies[index] = strdup(string) }
        unsafe copies[strings.count] = nil
        defer {
            for index in strings.indices { unsafe free(copies[index]) }
            unsafe copies.deallocate()
        }
        return unsafe body(copies)
    }
}
