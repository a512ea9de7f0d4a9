import ArgumentParser
import Report
import Trace

struct TraceCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "trace", abstract: "Look into traces.",
        subcommands: [TraceShow.self, TraceVerify.self, TraceDifference.self])

    /// Runs `body`. A trace that cannot be read ends the command with the exit code for environment errors.
    static func reading(_ body: () throws -> Void) throws {
        do {
            try body()
        } catch let error as TraceError {
            Output.complain("error: \(error)")
            throw ExitCode.environment
        }
    }
}

struct TraceShow: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Tell one request's story, or what a trace is about.")

    @Argument(help: "The trace file.")
    var file: String

    @Option(help: ArgumentHelp("The request's number.", valueName: "id"))
    var request: UInt64?

    func run() throws { try TraceCommand.reading { try show() } }

    private func show() throws {
        let trace = try OpenTrace(path: file)
        if let request { try tell(request, trace) } else { try summarize(trace) }
    }

    private func tell(_ request: UInt64, _ trace: OpenTrace) throws {
        var story = Story(trace.header)
        while let line = try trace.next() {
            if Story.concerns(line, request: request) { story.add(line) }
        }
        guard !story.isEmpty else {
            let isSelection = trace.footer?.written != nil
            Output.complain(
                "error: \(file): no request \(request) in this trace"
                    + (isSelection ? "; it holds those that failed (--trace failures)" : ""))
            throw ExitCode.environment
        }
        let header = trace.header
        let mode = Wording.printable(header.mode)
        try Output.print("request \(request), seed \(header.seed), \(mode)\n" + story.text)
    }

    private func summarize(_ trace: OpenTrace) throws {
        var summary = TraceSummary(trace.header)
        while let line = try trace.next() { summary.add(line) }
        try Output.print(summary.text(trace.footer))
    }
}

struct TraceVerify: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Tell whole, cut and changed traces apart.")

    @Argument(help: "Trace files.")
    var files: [String]

    func run() throws {
        var outcome = RunOutcome.passed
        for file in files {
            do {
                outcome = outcome.and(try tell(file))
            } catch let error as TraceError {
                // An unreadable file does not stop the verification of the others.
                Output.complain("error: \(error)")
                outcome = outcome.and(.environment)
            }
        }
        if outcome != .passed { throw outcome.exitCode }
    }

    private func tell(_ file: String) throws -> RunOutcome {
        let name = Wording.printable(file)
        switch try TraceVerifier.verify(file) {
        case .whole(let digest, let lines):
            try Output.print("\(name): whole, \(lines) events, digest \(digest)\n")
        case .selection(let digest, let lines, let written):
            try Output.print(
                "\(name): whole, a selection of \(written) of \(lines) events, digest of all "
                    + "\(Wording.printable(digest))\n")
        case .cut(let lines, let reason):
            try Output.print("\(name): cut after \(lines) events: \(reason)\n")
            return .failed
        case .changed(let reason):
            try Output.print("\(name): changed: \(Wording.printable(reason))\n")
            return .failed
        }
        return .passed
    }
}

struct TraceDifference: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff", abstract: "Show the first difference between two traces.")

    @Argument(help: "A trace file.")
    var left: String

    @Argument(help: "Another one.")
    var right: String

    func run() throws {
        var isEqual = true
        try TraceCommand.reading {
            if let difference = try TraceWords.difference(left, right) {
                isEqual = false
                try Output.print(difference + "\n")
            } else {
                try Output.print("no difference between the events\n")
            }
        }
        if !isEqual { throw ExitCode.notDeterministic }
    }
}
