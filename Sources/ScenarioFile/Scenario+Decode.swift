extension Scenario {
    /// Reads a scenario file and applies what overrides it. `settings` win over `client`, which
    /// wins over the file.
    ///
    /// - Parameters:
    ///   - bytes: The file's content: YAML in UTF-8, at most 1 MiB.
    ///   - file: The file's name, for diagnostics. Without its folder and extension it is the
    ///     default of `name`.
    ///   - settings: Overrides, each as `key=value`. The key is a path such as `load.0.rate`, the
    ///     value is YAML. Defaults to none.
    ///   - client: A YAML file with keys of `client:`, either at the top level or below the key
    ///     `client`. Defaults to none.
    ///   - duration: Replaces the file's duration, for example `30s`. Defaults to the file's.
    /// - Returns: The scenario, with every default filled in.
    /// - Throws: ``ScenarioError`` with everything that is wrong.
    public static func decode(
        _ bytes: [UInt8], file: String, settings: [String] = [],
        client: (bytes: [UInt8], file: String)? = nil, duration: String? = nil
    ) throws(ScenarioError) -> Scenario {
        var findings = Findings()
        var scenario: Scenario?
        if var value = Document.read(bytes, file: file, what: "scenario", &findings) {
            if let client { Overrides.apply(client: client, to: &value, &findings) }
            for setting in settings { Overrides.apply(setting: setting, to: &value, &findings) }
            if let duration { Overrides.apply(duration: duration, to: &value, &findings) }
            scenario = ScenarioKeys.read(value, file: file, &findings)
        }
        if let scenario, findings.isEmpty {
            if scenario.isTooLargeWrittenOut {
                findings.report(
                    "with its defaults written out the scenario is over 1 MiB or 100000 values",
                    at: Position(file: file, line: 1, column: 1))
            } else {
                return scenario
            }
        }
        throw findings.error ?? ScenarioError(diagnostics: [])
    }

    /// Whether the canonical form exceeds the limits of the reader, so that it could not be read
    /// again.
    private var isTooLargeWrittenOut: Bool {
        let json = json
        return json.compact.utf8.count > Document.bytesMax || json.valueCount > Document.valuesMax
    }
}
