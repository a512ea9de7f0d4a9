import ArgumentParser
import Flight
import Report
import ScenarioFile
import Trace

struct ReplayCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Fly again what a trace was flown from, and compare.",
        discussion: """
            A trace holds its whole scenario. Exit code 6 where the new flight differs; 5 where it differs \
            and another version of the program has written the trace, since versions may differ.
            """)

    @Argument(help: "The trace file.")
    var file: String

    @Option(help: "The folder for the new trace.", transform: ReportPath.folder)
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
        try checkMode(of: header)
        if isOfAnotherVersion(header) {
            Output.complain(
                "note: the trace was written by version \(header.version), this is version "
                    + "\(WindtunnelCommand.version); digests are promised within one version only")
        }
        let scenario = try Scenario.decode(
            Array(header.scenario.utf8), file: "\(file) (header)")
        switch try TraceVerifier.verify(file) {
        case .whole(let digest, _): try replay(scenario, header, .full, digest: digest)
        case .selection(let digest, _, _): try replay(scenario, header, .failures, digest: digest)
        case .cut(let lines, _):
            Output.complain("note: \(file) is cut after \(lines) events; compared is what there is")
            let outcome = try replayWithoutFooter(scenario, header)
            if outcome != .passed { throw outcome.exitCode }
        case .changed(let reason):
            Output.complain("note: \(file) has been changed: \(reason)")
            throw try replayWithoutFooter(scenario, header).and(.failed).exitCode
        }
    }

    private func isOfAnotherVersion(_ header: TraceHeader) -> Bool {
        header.version != WindtunnelCommand.version
    }

    /// Reports that the new flight's events differ from the trace. This is a verdict only if the same version
    /// made both.
    private func differ(_ words: String, _ header: TraceHeader) throws -> RunOutcome {
        guard isOfAnotherVersion(header) else {
            try Output.print("not the same flight: \(words)\n")
            return .notDeterministic
        }
        let version = Wording.printable(header.version)
        try Output.print(
            "flown again; no verdict, because version \(version) wrote the trace and this is version "
                + "\(WindtunnelCommand.version): \(words)\n")
        return .inconclusive
    }

    /// Rejects traces that cannot be replayed. A wire flight is replayed as a simulated one, which has the same digest.
    private func checkMode(of header: TraceHeader) throws {
        let reason: String
        switch FlightMode(rawValue: header.mode) {
        case .simulated, .wire: return
        case .live:
            reason =
                "a flight in real time never repeats exactly; to fly it again, run the scenario's file "
                + "with --mode live"
        case .serve:
            reason =
                "what another client did in real time cannot be flown again; to fly its scenario with "
                + "this client, run the scenario's file"
        case nil: reason = "mode '\(header.mode)' cannot be replayed by this version"
        }
        Output.complain("error: \(file): \(reason)")
        throw ExitCode.environment
    }

    /// Compares the digests and, if they differ, the events. The new trace is written in the same mode.
    private func replay(
        _ scenario: Scenario, _ header: TraceHeader, _ mode: TraceMode, digest: String
    ) throws {
        let (flight, again) = try fly(scenario, header, mode)
        if flight.digest == digest {
            try Output.print("the same flight: \(flight.lines) events, digest \(digest)\n")
            return
        }
        if try wasInterrupted(), let found = try comparison(again),
            found.difference.map({ $0.left == nil }) ?? true
        {
            try Output.print("the same as far as the trace goes; its flight was interrupted\n")
            return
        }
        let difference = try TraceWords.difference(file, again)
        let words = difference ?? "the digest of all events is \(digest), now \(flight.digest)"
        throw try differ(words, header).exitCode
    }

    /// Whether the flight of the trace was interrupted before its end.
    private func wasInterrupted() throws -> Bool {
        let trace = try OpenTrace(path: file)
        while try trace.next() != nil {}
        return trace.footer?.counts.contains { $0.key == "interrupted" && $0.value == 1 } ?? false
    }

    /// Compares only the events. Without a footer it is unknown which events the trace keeps, so they are
    /// compared with those of a full trace and, if they differ, with those of a selection.
    private func replayWithoutFooter(
        _ scenario: Scenario, _ header: TraceHeader
    ) throws -> RunOutcome {
        var closest: (equalLines: UInt64, words: String)?
        for mode in [TraceMode.full, .failures] {
            let (_, again) = try fly(scenario, header, mode)
            let found = try comparison(again)
            // A trace that only ends before the other is cut, which has been reported already.
            guard let found, let difference = found.difference, difference.left != nil else {
                try Output.print("the same as far as the trace goes\n")
                return .passed
            }
            if let closest, closest.equalLines >= found.equalLines { continue }
            closest = (found.equalLines, difference.text(left: file, right: again))
        }
        guard let closest else { return .passed }
        return try differ(closest.words, header)
    }

    /// - Returns: the comparison; nil: the trace is cut or damaged before any difference.
    private func comparison(_ again: String) throws -> TraceDiff.Comparison? {
        do {
            return try TraceDiff.firstDifference(file, again)
        } catch let error where [.truncated, .corrupt, .trailingGarbage].contains(error.code) {
            return nil
        }
    }

    private func fly(
        _ scenario: Scenario, _ header: TraceHeader, _ mode: TraceMode
    ) throws -> (flight: FlightResult, trace: String) {
        let (folder, name) = ReportPath.replay(out: out, trace: file)
        let path = folder + "/" + name
        try Files.makeFolder(folder)
        guard !Files.areSame(file, path) else {
            throw FileProblem(path, "is the trace itself; name another folder with --out")
        }
        var options = FlightOptions(
            seed: header.seed, version: WindtunnelCommand.version, trace: mode, tracePath: path)
        options.stopFlag = Interruption.flag
        let progress = Progress(isShown: Output.isErrorTerminal)
        progress.begin([scenario.name])
        defer { progress.end() }
        let duration = Double(scenario.duration)
        options.progress = { instant, _ in
            progress.moved(0, to: min(1, Double(instant) / duration))
        }
        let flight = try FlightRun.fly(scenario, options)
        if flight.isInterrupted { throw RunOutcome.interrupted.exitCode }
        return (flight, path)
    }
}
