import ArgumentParser
import Report
import Trace

struct TraceCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "trace", abstract: "Look into traces.",
        subcommands: [TraceShow.self, TraceVerify.self, TraceDifference.self])

    /// Runs `body`; a trace that cannot be read is a matter of the environment.
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
            Output.complain("error: \(file): no request \(request) in this trace")
            throw ExitCode.environment
        }
        let header = trace.header
        try Output.print("request \(request), seed \(header.seed), \(header.mode)\n" + story.text)
    }

    private func summarize(_ trace: OpenTrace) throws {
        var summary = TraceSummary(trace.header)
        while let line = try trace.next() { summary.add(line) }
        try Output.print(summary.text)
    }
}

struct TraceVerify: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Tell whole, cut and changed traces apart.")

    @Argument(help: "Trace files.")
    var files: [String]

    func run() throws {
        var isFine = true
        try TraceCommand.reading {
            for file in files {
                switch try TraceVerifier.verify(file) {
                case .whole(let digest, let lines):
                    try Output.print("\(file): whole, \(lines) events, digest \(digest)\n")
                case .selection(let digest, let lines, let written):
                    try Output.print(
                        "\(file): whole, a selection of \(written) of \(lines) events, digest of all "
                            + "\(digest)\n")
                case .cut(let lines, let reason):
                    isFine = false
                    try Output.print("\(file): cut after \(lines) lines: \(reason)\n")
                case .changed(let reason):
                    isFine = false
                    try Output.print("\(file): changed: \(reason)\n")
                }
            }
        }
        if !isFine { throw Outcome.failed.exitCode }
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
