import ArgumentParser
import Flight
import MockUpstream
import Report
import ScenarioFile

/// The common part of `serve` and `run --client-command`, from the flags to the exit code.
struct ServedRun {
    let file: String
    let place: ServingPlace
    let options: ScenarioOptions
    let seed: UInt64?
    let trace: TraceMode
    let out: String
    let hasJSON: Bool
    let isQuiet: Bool
    let hasColor: Bool
    /// The client's command line. nil: clients are started elsewhere.
    let command: String?

    func run() throws {
        Interruption.listen()
        let loaded: LoadedScenario
        do {
            loaded = try load()
        } catch let error as InputProblems {
            error.complain()
            if hasJSON { try printJSON(.failed, RunResults(errors: error.problems)) }
            throw error.exitCode
        }
        let results: RunResults
        do {
            let flown = try session(loaded).serve()
            results = RunResults(flown: [flown], isInterrupted: flown.flight.isInterrupted)
        } catch let code as ExitCode {
            // The message has been printed already.
            throw code
        } catch {
            let problem = Self.sentence(error)
            Output.complain("error: \(problem)")
            if hasJSON { try printJSON(.failed, RunResults(errors: [problem])) }
            throw ExitCode.environment
        }
        try tell(results)
        if results.outcome != .passed { throw results.outcome.exitCode }
    }

    private func load() throws -> LoadedScenario {
        let loaded = try options.scenarios([file])
        var problems = InputProblems()
        guard loaded.count == 1, let only = loaded.first else {
            problems.note("\(file): is a folder; one scenario is served at a time")
            throw problems
        }
        if !place.hasTLS, let kind = ListenerSchedule.needsTLS(only.scenario.upstream) {
            problems.note("\(file): its fault '\(kind)' needs TLS; add --tls")
        }
        guard problems.isEmpty else { throw problems }
        return only
    }

    private func session(_ loaded: LoadedScenario) -> ServeSession {
        let seed = seed ?? loaded.scenario.seed
        let plan = FlightPlan(
            file: loaded.file, scenario: loaded.scenario, seed: seed,
            folder: ReportPath.folder(
                out: out, file: loaded.file, mode: .serve, seed: seed,
                client: options.client.map { ReportPath.stem($0) }),
            isInSeries: false)
        return ServeSession(
            plan: plan, trace: trace, place: place,
            end: options.duration == nil ? nil : loaded.scenario.duration, command: command,
            feed: LiveFeed(
                isShown: !isQuiet && !hasJSON, report: report(isTerminal: Output.isErrorTerminal)),
            announce: announce)
    }

    private func report(isTerminal: Bool) -> ServedReport {
        ServedReport(
            ConsoleReport(
                hasColor: hasColor && isTerminal && !Environment.noColor,
                program: CommandLine.arguments[0], keepsFailuresOnly: trace == .failures))
    }

    private func announce(_ baseURL: String, _ authority: String?) throws {
        // A client command gets the address as an argument.
        guard command == nil else { return }
        var text = "serving \(Wording.printable(file)) at \(baseURL); Ctrl-C ends it and judges\n"
        if let authority {
            text +=
                "CA certificate: \(Wording.printable(authority)) "
                + "(curl --cacert \(Wording.shellWord(authority)))\n"
        }
        if hasJSON { Output.note(text) } else { try Output.print(text) }
    }

    private func tell(_ results: RunResults) throws {
        guard !hasJSON else {
            try printJSON(results.flown.first?.verdict ?? .failed, results)
            return
        }
        let report = report(isTerminal: Output.isOutputTerminal)
        for flown in results.flown { try Output.print(report.text(flown)) }
    }

    private func printJSON(_ verdict: Verdict, _ results: RunResults) throws {
        try Output.print(
            JSONReport.run(
                version: WindtunnelCommand.version, verdict: verdict, results.flown, [],
                errors: results.errors))
    }

    /// The message of an error.
    private static func sentence(_ error: any Error) -> String {
        switch error {
        case let error as SystemError: "/bin/sh cannot be started: \(error.words)"
        default: "\(error)"
        }
    }
}
