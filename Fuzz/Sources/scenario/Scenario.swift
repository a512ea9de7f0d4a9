import Harness
import ScenarioFile

/// The byte between the parts of the input. It does not occur in UTF-8 text.
private let separator: UInt8 = 0xff

/// Fuzzes the scenario decoder. The input is a scenario file, then a client file and settings
/// (`key=value`), each after a byte 0xff.
///
/// A scenario that was decoded must be equal after it is written in its canonical form and decoded
/// again. A rejected one must have a reason.
@main enum ScenarioFuzzer {
    static func main() { fuzz(parse) }
}

private func parse(_ input: [UInt8]) {
    let parts =
        input
        .split(separator: separator, omittingEmptySubsequences: false)
    let client = parts.dropFirst().first.flatMap { part in
        part.isEmpty ? nil : (bytes: Array(part), file: "client.yaml")
    }
    do throws(ScenarioError) {
        let scenario = try Scenario.decode(
            Array(parts[0]), file: "fuzz.yaml",
            settings: parts.dropFirst(2).map { String(decoding: $0, as: UTF8.self) },
            client: client)
        roundTrip(scenario)
    } catch {
        require(!error.diagnostics.isEmpty, "a scenario is refused without a reason")
        for diagnostic in error.diagnostics {
            require(!"\(diagnostic)".isEmpty, "a diagnostic without words")
        }
    }
}

private func roundTrip(_ scenario: Scenario) {
    let json = scenario.canonicalJSON()
    require(!json.utf8.contains(0x0a), "the canonical form has more than one line")
    do throws(ScenarioError) {
        let again = try Scenario.decode(Array(json.utf8), file: "header")
        require(again.canonicalJSON() == json, "read again it is another scenario: \(json)")
        require(again == scenario, "read again it differs, though it is written alike: \(json)")
    } catch {
        fatalError("the canonical form is refused: \(error.diagnostics)\n\(json)")
    }
}
