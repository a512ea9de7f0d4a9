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
enum RunOutcome: Int, CaseIterable {
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

    func and(_ other: RunOutcome) -> RunOutcome { rawValue <= other.rawValue ? self : other }
}

extension ExitCode {
    /// A scenario does not parse or validate.
    static let invalid = ExitCode(2)
    static let environment = ExitCode(3)
    static let notDeterministic = ExitCode(6)
}

/// Where text goes.
enum Output {
    static let isErrorTerminal = isTerminal(STDERR_FILENO)
    static let isOutputTerminal = isTerminal(STDOUT_FILENO)

    /// To standard error, whole lines.
    static func complain(_ text: String) { note(Wording.printable(text, keepsLines: true) + "\n") }

    /// To standard error, as it is. Where even that cannot be written nobody is left to be told.
    static func note(_ text: String) { try? Descriptor.put(text, STDERR_FILENO) }

    /// To standard output.
    /// - Throws: exit code 3 where it cannot be written, such as on a full disk.
    static func print(_ text: String) throws {
        do {
            try Descriptor.put(text, STDOUT_FILENO)
        } catch {
            complain("error: standard output cannot be written: \(error.words)")
            throw ExitCode.environment
        }
    }

    /// Whether there is a terminal that knows escape sequences.
    private static func isTerminal(_ descriptor: Int32) -> Bool {
        isatty(descriptor) == 1 && !Environment.hasDumbTerminal
    }
}
