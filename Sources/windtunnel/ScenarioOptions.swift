import ArgumentParser
import Scenario

/// What changes a scenario before it is flown.
struct ScenarioOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Take the client's settings from this file.", valueName: "file"))
    var client: String?

    @Option(
        name: .customLong("set"),
        help: ArgumentHelp(
            "Override a value, such as client.max_retries=1 or load.0.rate=100/s. May be repeated.",
            valueName: "key=value"))
    var settings: [String] = []

    @Option(help: ArgumentHelp("Fly for this long instead, such as 60s.", valueName: "duration"))
    var duration: String?

    /// Reads and validates every file, before anything flies.
    ///
    /// - Returns: the scenarios in the order of the paths.
    /// - Throws: an exit code, after everything that is wrong was said on standard error.
    func scenarios(_ paths: [String]) throws -> [LoadedScenario] {
        var problems: [String] = []
        var isEnvironment = false
        var loaded: [LoadedScenario] = []
        var clientFile: (bytes: [UInt8], file: String)?
        do {
            if let client { clientFile = (try Files.read(client), client) }
        } catch {
            (problems, isEnvironment) = (["\(error)"], true)
        }
        for path in paths {
            do {
                for file in try Files.scenarios(path) {
                    do {
                        let scenario = try Scenario.decode(
                            Files.read(file), file: file, settings: settings, client: clientFile,
                            duration: duration)
                        loaded.append(LoadedScenario(file: file, scenario: scenario))
                    } catch let error as ScenarioError {
                        problems += error.diagnostics.map(\.description)
                    }
                }
            } catch {
                if error is FileProblem { isEnvironment = true }
                problems.append("\(error)")
            }
        }
        guard problems.isEmpty else {
            // An override that does not fit is wrong once, not once a file.
            var said: [String] = []
            for problem in problems where !said.contains(problem) { said.append(problem) }
            throw InputProblems(
                problems: said, exitCode: isEnvironment ? .environment : .invalid)
        }
        return loaded
    }
}

/// A scenario and where it came from.
struct LoadedScenario: Sendable {
    let file: String
    let scenario: Scenario
}

/// Everything that is wrong with the input of a command.
struct InputProblems: Error {
    let problems: [String]
    let exitCode: ExitCode

    /// Says it all on standard error.
    func complain() {
        for problem in problems { Output.complain("error: \(problem)") }
    }
}
