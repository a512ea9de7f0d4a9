import ArgumentParser
import Report
import ScenarioFile

struct ValidateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "validate", abstract: "Check scenario files without flying them.")

    @Argument(help: "Scenario files, or folders of them.")
    var paths: [String]

    @OptionGroup var options: ScenarioOptions

    func run() throws {
        do {
            let loaded = try options.scenarios(paths)
            try Output.print(loaded.map { "\($0.file): valid (\($0.scenario.name))\n" }.joined())
        } catch let error as InputProblems {
            error.complain()
            throw error.exitCode
        }
    }
}

struct SchemaCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schema", abstract: "Print a JSON Schema of scenario files, for editors.")

    func run() throws { try Output.print(Scenario.jsonSchema() + "\n") }
}
