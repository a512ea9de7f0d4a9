@testable import ScenarioFile

/// The result of the scenario decoder's own check of JSON; nil if the nesting is too deep for it.
///
/// It is in a separate file, because the trace reader has a type with the same name.
func scenarioDecoderAccepts(_ text: String) -> Bool? {
    guard let problem = JSONText.problem(in: text) else { return true }
    return problem.message.hasPrefix("nested") ? nil : false
}
