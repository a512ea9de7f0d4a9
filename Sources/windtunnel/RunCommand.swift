public import ArgumentParser
public import Flight
import Report
import ScenarioFile

struct RunCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Fly scenarios and judge their expectations.")

    @Argument(help: "Scenario files, or folders of them.")
    var paths: [String]

    @OptionGroup var options: ScenarioOptions

    @Option(
        help: ArgumentHelp(
            "How to fly: simulated (in memory, on virtual time), wire (over real sockets, on virtual "
                + "time) or live (over real sockets, in real time)."))
    var mode: FlightMode = .simulated

    @Option(
        help: ArgumentHelp(
            "Serve the scenario in real time to this client command until it ends. {base_url} in the "
                + "command becomes the upstream's address, {ca_file} the CA certificate of --tls.",
            valueName: "command"))
    var clientCommand: String?

    @Flag(help: "With --client-command: serve TLS.")
    var tls = false

    @Option(
        help: ArgumentHelp(
            "With --client-command: how far a wait may deviate from what the client's settings "
                + "allow. Defaults to 100ms.", valueName: "duration"))
    var tolerance: RealDuration?

    @Option(help: "Fly with this seed instead of the scenario's.")
    var seed: UInt64?

    @Option(help: ArgumentHelp("Fly once with each of these seeds.", valueName: "a..b"))
    var seeds: SeedRange?

    @Option(help: "Which requests the trace contains: full, failures or off.")
    var trace: TraceMode = .full

    @Option(help: "The folder for traces and summaries.", transform: ReportPath.folder)
    var out: String = "reports"

    @Flag(help: "Print one JSON document and nothing else.")
    var json = false

    @Flag(help: "With --json: include the timeline of each flight, as in its summary.json.")
    var timeline = false

    @Flag(help: "Fly each scenario again and compare the digests.")
    var checkDeterminism = false

    @Option(help: "How many times --check-determinism flies each scenario. Defaults to 2.")
    var times: Int?

    @Flag(help: "Do not show progress on standard error.")
    var quiet = false

    @Flag(help: "Do not use colours.")
    var noColor = false

    func validate() throws {
        try validateClientCommand()
        if timeline && !json { throw ValidationError("--timeline needs --json") }
        if timeline && clientCommand != nil {
            throw ValidationError(
                "--timeline is for flights; a client in another process has no timeline yet")
        }
        if seed != nil && seeds != nil {
            throw ValidationError("--seed and --seeds cannot be combined")
        }
        if checkDeterminism && mode == .live {
            throw ValidationError(
                "--check-determinism needs virtual time, because a live flight never repeats exactly"
            )
        }
        if let times {
            guard checkDeterminism else {
                throw ValidationError("--times needs --check-determinism")
            }
            guard (2...1_000_000).contains(times) else {
                throw ValidationError("--times must be from 2 to 1000000")
            }
        }
    }

    private func validateClientCommand() throws {
        guard let clientCommand else {
            guard !tls && tolerance == nil else {
                throw ValidationError("--tls and --tolerance need --client-command")
            }
            return
        }
        guard clientCommand.contains("{base_url}") else {
            throw ValidationError(
                "--client-command needs {base_url} in the place of the upstream's address, for example "
                    + "'python3 my_client.py {base_url}'")
        }
        guard tls || !clientCommand.contains("{ca_file}") else {
            throw ValidationError("{ca_file} needs --tls")
        }
        guard paths.count == 1 else {
            throw ValidationError("--client-command needs exactly one scenario")
        }
        guard seeds == nil && !checkDeterminism && mode == .simulated else {
            throw ValidationError(
                "--client-command runs once in real time, without --seeds, --check-determinism and --mode"
            )
        }
    }

    func run() throws {
        if let clientCommand {
            try serve(to: clientCommand)
        } else {
            try fly()
        }
    }

    private func serve(to command: String) throws {
        var place = ServingPlace(hasTLS: tls)
        if let tolerance { place.tolerance = tolerance.nanoseconds }
        try ServedRun(
            file: paths[0], place: place, options: options, seed: seed, trace: trace, out: out,
            hasJSON: json, isQuiet: quiet, hasColor: !noColor, command: command
        ).run()
    }

    private func fly() throws {
        Interruption.listen()
        let plans: [FlightPlan]
        do {
            plans = try self.plans(try options.scenarios(paths))
        } catch let error as InputProblems {
            error.complain()
            if json { try printJSON(.failed, RunResults(errors: error.problems)) }
            throw error.exitCode
        }
        let session = FlightSession(
            plans: plans, mode: mode, trace: trace, keepsTimelines: timeline,
            flights: checkDeterminism ? times ?? 2 : 1,
            progress: Progress(isShown: !quiet && !json && Output.isErrorTerminal))
        if !quiet && !json { session.announce() }
        let results = session.fly()
        for error in results.errors { Output.complain("error: \(error)") }
        let outcome = results.outcome
        if json {
            try printJSON(verdict(outcome), results)
        } else {
            let report = ConsoleReport(
                hasColor: !noColor && Output.isOutputTerminal && !Environment.noColor,
                program: CommandLine.arguments[0], keepsFailuresOnly: trace == .failures)
            try Output.print(report.text(results.flown, results.series))
        }
        if outcome != .passed { throw outcome.exitCode }
    }

    /// Makes the plan of each flight.
    /// - Throws: ``InputProblems`` if two files would share a report folder.
    private func plans(_ loaded: [LoadedScenario]) throws -> [FlightPlan] {
        let clientStem = options.client.map { ReportPath.stem($0) }
        let seeds = seeds?.all
        var problems = InputProblems()
        var files: [String: String] = [:]
        var plans: [FlightPlan] = []
        for one in loaded {
            let own = (seeds ?? [seed ?? one.scenario.seed]).map { seed in
                FlightPlan(
                    file: one.file, scenario: one.scenario, seed: seed,
                    folder: ReportPath.folder(
                        out: out, file: one.file, mode: mode, seed: seed, client: clientStem),
                    isInSeries: (seeds?.count ?? 1) >= Judge.seedsForIntervals)
            }
            guard let folder = own.first?.folder else { continue }
            if let other = files[folder] {
                // A file that is given twice is flown once.
                if Files.areSame(one.file, other) { continue }
                problems.note(
                    "\(one.file): its reports would go to the same folder as those of \(other): "
                        + "\(folder); rename one of them, or fly one at a time")
            }
            files[folder] = one.file
            plans += own
        }
        guard problems.isEmpty else { throw problems }
        return plans
    }

    private func verdict(_ outcome: RunOutcome) -> Verdict {
        switch outcome {
        case .passed: .passed
        case .inconclusive, .interrupted: .inconclusive
        case .environment, .notDeterministic, .failed: .failed
        }
    }

    private func printJSON(_ verdict: Verdict, _ results: RunResults) throws {
        try Output.print(
            JSONReport.run(
                version: WindtunnelCommand.version, verdict: verdict, results.flown, results.series,
                errors: results.errors, hasTimelines: timeline))
    }
}

extension FlightMode: ExpressibleByArgument {
    /// Parses a mode of `run`. `serve` is a command of its own, so it is rejected.
    public init?(argument: String) {
        guard let mode = Self(rawValue: argument), mode != .serve else { return nil }
        self = mode
    }

    /// The modes of `run`, for help texts.
    public static var allValueStrings: [String] {
        allCases.filter { $0 != .serve }.map(\.rawValue)
    }
}
extension TraceMode: ExpressibleByArgument {}

/// A range of seeds such as `1..100`, both ends included. It has at most 100 000 seeds.
struct SeedRange: ExpressibleByArgument {
    private static let most: UInt64 = 100_000
    let all: [UInt64]

    init?(argument: String) {
        let parts = argument.split(separator: "..", omittingEmptySubsequences: false)
        // The standard library would also read a sign.
        guard parts.count == 2,
            parts.joined().utf8.allSatisfy((UInt8(ascii: "0")...UInt8(ascii: "9")).contains),
            let first = UInt64(parts[0]), let last = UInt64(parts[1]),
            first <= last, last - first < Self.most
        else { return nil }
        all = Array(first...last)
    }
}
