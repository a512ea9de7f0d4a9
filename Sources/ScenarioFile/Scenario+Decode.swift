extension Scenario {
    /// Reads a scenario file, and what overrides it: settings over the client file over the file.
    ///
    /// - Parameters:
    ///   - bytes: YAML in UTF-8, at most 1 MiB.
    ///   - file: its name, for diagnostics and as the default of `name`.
    ///   - settings: `key=value` each, the key a path such as `load.0.rate`, the value YAML.
    ///   - client: a YAML file with keys of `client:`, bare or below that key.
    ///   - duration: replaces the file's, such as `30s`.
    /// - Returns: the scenario, with every default filled in.
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

    /// Whether its canonical form could not be read again.
    private var isTooLargeWrittenOut: Bool {
        let json = json
        return json.compact.utf8.count > Document.bytesMax || json.valueCount > Document.valuesMax
    }
}
