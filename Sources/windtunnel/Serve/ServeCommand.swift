import ArgumentParser
import Flight
import MockUpstream
import Report
import ScenarioFile

/// The options that say how a scenario is served.
struct ServeOptions: ParsableArguments {
    @Option(help: "The port to listen on. 0 lets the system choose.")
    var port: UInt16 = 0

    @Option(help: "The address to listen on.")
    var address = "127.0.0.1"

    @Flag(help: "Serve TLS with certificates made for this run.")
    var tls = false

    @Option(
        help: ArgumentHelp(
            "How far a wait may deviate from what the client's settings allow.",
            valueName: "duration"))
    var tolerance = RealDuration(nanoseconds: 100_000_000)

    var place: ServingPlace {
        ServingPlace(address: address, port: port, hasTLS: tls, tolerance: tolerance.nanoseconds)
    }
}

/// A duration on the command line, for example `100ms`.
struct RealDuration: ExpressibleByArgument {
    let nanoseconds: Int64

    init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    init?(argument: String) {
        guard let nanoseconds = Scenario.nanoseconds(argument) else { return nil }
        self.nanoseconds = nanoseconds
    }

    var defaultValueDescription: String { "\(nanoseconds / 1_000_000)ms" }
}

struct ServeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Run a scenario's upstream for any client, and judge the client.",
        discussion: """
            Send a client's requests to the address that is printed. The session ends with Ctrl-C or after \
            --duration, and the client is judged by what the upstream has seen.
            """)

    @Argument(help: "The scenario file.")
    var scenario: String

    @OptionGroup var serving: ServeOptions
    @OptionGroup var options: ScenarioOptions

    @Option(help: "Use this seed instead of the scenario's.")
    var seed: UInt64?

    @Option(help: "Which requests the trace contains: full, failures or off.")
    var trace: TraceMode = .full

    @Option(help: "The folder for trace and summary.", transform: ReportPath.folder)
    var out: String = "reports"

    @Flag(help: "Print one JSON document and nothing else.")
    var json = false

    @Flag(help: "Do not print the attempts that arrive.")
    var quiet = false

    @Flag(help: "Do not use colours.")
    var noColor = false

    func run() throws {
        try ServedRun(
            file: scenario, place: serving.place, options: options, seed: seed, trace: trace,
            out: out,
            hasJSON: json, isQuiet: quiet, hasColor: !noColor, command: nil
        ).run()
    }
}
