import ArgumentParser
import ScenarioFile

/// The options that change a scenario before it is flown.
struct ScenarioOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Take the client's settings from this file.", valueName: "file"))
    var client: String?

    @Option(
        name: .customLong("set"),
        help: ArgumentHelp(
            "Override a value, such as client.max_retries=1 or load.0.rate=100/s. May be repeated.",
            valueName: "key=value"))
    var settings: [String] = []

    @Option(
        help: ArgumentHelp(
            "Replace the scenario's duration, for example by 60s.", valueName: "duration"))
    var duration: String?

    /// Reads and validates all files. No flight starts before all of them are valid.
    ///
    /// - Parameter paths: Scenario files, or folders of them.
    /// - Returns: The scenarios in the order of the paths.
    /// - Throws: ``InputProblems`` with everything that is wrong.
    func scenarios(_ paths: [String]) throws -> [LoadedScenario] {
        var problems = InputProblems()
        var clientFile: (bytes: [UInt8], file: String)?
        if let client {
            clientFile = problems.noting { (try Files.read(client), client) }
        }
        var loaded: [LoadedScenario] = []
        for file in paths.flatMap({ path in problems.noting { try Files.scenarios(path) } ?? [] }) {
            let scenario = problems.noting {
                try Scenario.decode(
                    Files.read(file), file: file, settings: settings, client: clientFile,
                    duration: duration)
            }
            if let scenario { loaded.append(LoadedScenario(file: file, scenario: scenario)) }
        }
        guard problems.isEmpty else { throw problems }
        return loaded
    }
}

/// A scenario and the path of its file.
struct LoadedScenario: Sendable {
    let file: String
    let scenario: Scenario
}

/// Everything that is wrong with the input of a command, and the exit code for it.
struct InputProblems: Error {
    private(set) var problems: [String] = []
    private(set) var exitCode = ExitCode.invalid

    var isEmpty: Bool { problems.isEmpty }

    /// Adds a problem unless it was added before.
    mutating func note(_ problem: String) {
        // An invalid override is reported once, not once for each file.
        if !problems.contains(problem) { problems.append(problem) }
    }

    /// Runs `body` and adds the problem if it throws.
    /// - Returns: The value of `body`; nil if it threw an error.
    mutating func noting<Value>(_ body: () throws -> Value) -> Value? {
        do {
            return try body()
        } catch let error as ScenarioError {
            for diagnostic in error.diagnostics { note(diagnostic.description) }
        } catch {
            if error is FileProblem { exitCode = .environment }
            note("\(error)")
        }
        return nil
    }

    /// Prints all problems to standard error.
    func complain() {
        for problem in problems { Output.complain("error: \(problem)") }
    }
}
