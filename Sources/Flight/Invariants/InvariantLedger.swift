import APIClient

/// Where a checker writes down what it has checked and what it has found. Each checker has its own.
///
/// Confined to the simulation's thread.
final class InvariantLedger {
    private static let examplesMax = 5

    private let checked = Cell([UInt64](repeating: 0, count: Invariant.allCases.count))
    private var violations = [UInt64](repeating: 0, count: Invariant.allCases.count)
    private var unclear = [UInt64](repeating: 0, count: Invariant.allCases.count)
    private var examples = [[InvariantResult.Example]](
        repeating: [], count: Invariant.allCases.count)

    /// Notes one check, and a violation with what to say about it where `holds` is false.
    @inline(__always) func check(
        _ invariant: Invariant, _ holds: Bool, _ request: @autoclosure () -> UInt64, _ now: Int64,
        _ text: @autoclosure () -> String
    ) {
        checked.value[invariant.rawValue] += 1
        if !holds { violate(invariant, request(), now, text()) }
    }

    /// Notes a violation of a check that is counted elsewhere.
    @inline(never) func violate(
        _ invariant: Invariant, _ request: UInt64, _ now: Int64, _ text: String
    ) {
        violations[invariant.rawValue] += 1
        guard examples[invariant.rawValue].count < Self.examplesMax else { return }
        examples[invariant.rawValue].append(
            InvariantResult.Example(request: request, instant: now, text: text))
    }

    /// Notes that something does not hold by one reading of what was seen, and holds by another.
    func noteUnclear(_ invariant: Invariant) { unclear[invariant.rawValue] += 1 }

    /// Notes checks that held.
    func note(_ invariant: Invariant, checked count: UInt64) {
        checked.value[invariant.rawValue] += count
    }

    /// What was found, for each of the invariants.
    func results(_ invariants: [Invariant]) -> [InvariantResult] {
        invariants.map {
            InvariantResult(
                $0, checked: checked.value[$0.rawValue], violations: violations[$0.rawValue],
                unclear: unclear[$0.rawValue], examples: examples[$0.rawValue])
        }
    }
}
