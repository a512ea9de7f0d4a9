import ArgumentParser

/// The root command. Each subcommand validates its flags, runs, and sets the exit code.
@main
struct WindtunnelCommand: ParsableCommand {
    static let version = "0.1.0"

    static let configuration = CommandConfiguration(
        commandName: "windtunnel",
        abstract:
            "A wind tunnel for API clients: fly a real client through faults, an hour in a second.",
        discussion: """
            Exit codes: 0 passed; 2 a scenario does not parse or validate; 3 environment (file, disk,
            port); 4 an expectation or invariant failed; 5 inconclusive; 6 not deterministic; 64 usage;
            130 interrupted.
            """,
        version: version,
        subcommands: [
            RunCommand.self, ServeCommand.self, ValidateCommand.self, ReplayCommand.self,
            TraceCommand.self,
            SchemaCommand.self,
        ])
}
