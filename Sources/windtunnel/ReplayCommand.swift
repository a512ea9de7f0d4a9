import ArgumentParser
import Flight
import Report
import Scenario
import Trace

struct ReplayCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Fly again what a trace was flown from, and compare.",
        discussion: "A trace holds its whole scenario. Exit code 6 where the new flight differs.")

    @Argument(help: "The trace file.")
    var file: String

    @Option(help: "The folder for the new trace.")
    var out: String = "reports"

    func run() throws {
        Interruption.listen()
        try TraceCommand.reading {
            do {
                try replay()
            } catch let error as FlightError {
                Output.complain("error: \(error)")
                throw ExitCode.environment
            } catch let error as FileProblem {
                Output.complain("error: \(error)")
                throw ExitCode.environment
            } catch let error as ScenarioError {
                for diagnostic in error.diagnostics { Output.complain("error: \(diagnostic)") }
                throw ExitCode.invalid
            }
        }
    }

    private func replay() throws {
        let header = try OpenTrace(path: file).header
        guard FlightMode(rawValue: header.mode) == .simulated else {
            Output.complain("error: \(file): mode '\(header.mode)' cannot be replayed by this version")
            throw ExitCode.environment
        }
        if header.version != WindtunnelCommand.version {
            Output.complain(
                "note: the trace is of version \(header.version), this is "
                    + "\(WindtunnelCommand.version); digests are promised within one version only")
        }
        let scenario = try Scenario.decode(
            Array(header.scenario.utf8), file: "\(file) (header)")
        let folder = "\(out)/replay/\(ReportPath.stem(ReportPath.stem(file)))-\(header.seed)"
        try Files.makeFolder(folder)
        var options = FlightOptions(
            seed: header.seed, version: WindtunnelCommand.version,
            tracePath: folder + "/trace.jsonl.gz")
        options.stopFlag = Interruption.flag
        let flight = try Flight.fly(scenario, options)
        if flight.isInterrupted { throw Outcome.interrupted.exitCode }
        try compare(flight, folder + "/trace.jsonl.gz")
    }

    private func compare(_ flight: FlightResult, _ again: String) throws {
        switch try TraceVerifier.verify(file) {
        case .whole(let digest, _) where digest == flight.digest,
            .selection(let digest, _, _) where digest == flight.digest:
            try Output.print("the same flight: \(flight.lines) events, digest \(digest)\n")
            return
        case .cut(let lines, _):
            Output.complain("note: \(file) is cut after \(lines) lines; compared is what there is")
        case .changed(let reason):
            Output.complain("note: \(file) has been changed: \(reason)")
        case .whole, .selection: break
        }
        if let difference = try firstDifference(again) {
            try Output.print("not the same flight: \(difference)\n")
            throw ExitCode.notDeterministic
        }
        try Output.print("the same as far as the trace goes\n")
    }

    private func firstDifference(_ again: String) throws -> String? {
        do {
            return try TraceWords.difference(file, again)
        } catch let error as TraceError where error.code == .truncated {
            return nil
        }
    }
}
