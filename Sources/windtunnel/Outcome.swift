import ArgumentParser
import Report

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The outcome of a command. If several things go wrong in one run, the first case that applies
/// decides the exit code.
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
    /// A scenario file cannot be parsed or is invalid.
    static let invalid = ExitCode(2)
    static let environment = ExitCode(3)
    static let notDeterministic = ExitCode(6)
}

/// Writes text to standard output and standard error.
enum Output {
    static let isErrorTerminal = isTerminal(STDERR_FILENO)
    static let isOutputTerminal = isTerminal(STDOUT_FILENO)

    /// Writes lines to standard error, with unsafe characters escaped.
    static func complain(_ text: String) { note(Wording.printable(text, keepsLines: true) + "\n") }

    /// Writes text to standard error unchanged. An error is ignored, because there is no place left
    /// to report it.
    static func note(_ text: String) { try? Descriptor.put(text, STDERR_FILENO) }

    /// Writes text to standard output.
    /// - Throws: Exit code 3 if the text cannot be written, for example because the disk is full.
    static func print(_ text: String) throws {
        do {
            try Descriptor.put(text, STDOUT_FILENO)
        } catch {
            complain("error: standard output cannot be written: \(error.words)")
            throw ExitCode.environment
        }
    }

    /// Whether the descriptor is a terminal that supports escape sequences.
    private static func isTerminal(_ descriptor: Int32) -> Bool {
        isatty(descriptor) == 1 && !Environment.hasDumbTerminal
    }
}
