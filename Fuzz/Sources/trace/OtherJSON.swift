@testable import ScenarioFile

/// What the scenario decoder's own check of JSON says; nil where it gives up for depth.
///
/// In a file of its own: the trace reader has a type of the same name.
func scenarioDecoderAccepts(_ text: String) -> Bool? {
    guard let problem = JSONText.problem(in: text) else { return true }
    return problem.message.hasPrefix("nested") ? nil : false
}
