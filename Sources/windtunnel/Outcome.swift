import ArgumentParser
import Report

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// How a command ends. Several things may go wrong in one run; the first case that applies decides.
enum Outcome: Int, CaseIterable {
    case interrupted
    case environment
    case notDeterministic
    case failed
    case inconclusive
    case passed

    var exitCode: ExitCode {
        switch self {
        case .interrupted: ExitCode(130)
        case .environment: ExitCode(3)
        case .notDeterministic: ExitCode(6)
        case .failed: ExitCode(4)
        case .inconclusive: ExitCode(5)
        case .passed: ExitCode(0)
        }
    }

    func and(_ other: Outcome) -> Outcome { rawValue <= other.rawValue ? self : other }
}

extension ExitCode {
    /// A scenario does not parse or validate.
    static let invalid = ExitCode(2)
    static let environment = ExitCode(3)
    static let notDeterministic = ExitCode(6)
}

/// Where text goes.
enum Output {
    static let isErrorTerminal = isatty(STDERR_FILENO) == 1
    static let isOutputTerminal = isatty(STDOUT_FILENO) == 1

    /// To standard error, whole lines.
    static func complain(_ text: String) { _ = put(text + "\n", STDERR_FILENO) }

    /// To standard error, as it is.
    static func note(_ text: String) { _ = put(text, STDERR_FILENO) }

    /// To standard output.
    /// - Throws: exit code 3 where it cannot be written, such as on a full disk.
    static func print(_ text: String) throws {
        guard put(text, STDOUT_FILENO) else {
            complain("error: standard output cannot be written: \(unsafe String(cString: strerror(errno)))")
            throw ExitCode.environment
        }
    }

    private static func put(_ text: String, _ descriptor: Int32) -> Bool {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let written = unsafe rest.withUnsafeBytes { unsafe write(descriptor, $0.baseAddress, $0.count) }
            if written < 0 {
                if errno == EINTR { continue }
                return false
            }
            rest = rest.dropFirst(written)
        }
        return true
    }
}
