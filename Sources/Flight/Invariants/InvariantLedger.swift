import APIClient

/// Collects the checks and violations of one checker.
///
/// Confined to the simulation's thread.
final class InvariantLedger {
    private static let examplesMax = 5

    init() {
        precondition(Invariant.allCases.count == 22, "one counter for each invariant")
    }

    // By the invariants' raw values; one more for each check, of which a request has half a dozen.
    private let checked = Cell(InlineArray<22, UInt64>(repeating: 0))
    private var violations = [UInt64](repeating: 0, count: Invariant.allCases.count)
    private var unclear = [UInt64](repeating: 0, count: Invariant.allCases.count)
    private var examples = [[InvariantResult.Example]](
        repeating: [], count: Invariant.allCases.count)

    /// Counts a check and, if `holds` is false, records a violation.
    @inline(__always) func check(
        _ invariant: Invariant, _ holds: Bool, _ request: @autoclosure () -> UInt64, _ now: Int64,
        _ text: @autoclosure () -> String
    ) {
        checked.value[invariant.rawValue] += 1
        if !holds { violate(invariant, request(), now, text()) }
    }

    /// Records a violation of a check that is counted separately.
    @inline(never) func violate(
        _ invariant: Invariant, _ request: UInt64, _ now: Int64, _ text: String
    ) {
        violations[invariant.rawValue] += 1
        guard examples[invariant.rawValue].count < Self.examplesMax else { return }
        examples[invariant.rawValue].append(
            InvariantResult.Example(request: request, instant: now, text: text))
    }

    /// Counts a case that holds by one interpretation of the observations and not by another.
    func noteUnclear(_ invariant: Invariant) { unclear[invariant.rawValue] += 1 }

    /// Counts checks that held.
    func note(_ invariant: Invariant, checked count: UInt64) {
        checked.value[invariant.rawValue] += count
    }

    /// The results of some invariants.
    func results(_ invariants: [Invariant]) -> [InvariantResult] {
        invariants.map {
            InvariantResult(
                $0, checked: checked.value[$0.rawValue], violations: violations[$0.rawValue],
                unclear: unclear[$0.rawValue], examples: examples[$0.rawValue])
        }
    }
}
