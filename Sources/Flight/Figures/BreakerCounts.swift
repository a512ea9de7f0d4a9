import APIClient
import ScenarioFile

/// Counts the actions of a flight's breakers and compares them with the ground truth. Confined to the
/// simulation's thread.
final class BreakerCounts: FlightEventConsumer {
    /// Counts over all requests, or over those of one load.
    struct Counts {
        /// Requests that reached the breaker while the upstream was healthy for them.
        fileprivate(set) var reachedHealthy: UInt64 = 0
        /// Those of them that were refused before any send, while the breaker's last opening was unjustified.
        fileprivate(set) var falselyRefused: UInt64 = 0
        fileprivate(set) var refusals: UInt64 = 0
        /// Refused attempts that would have succeeded.
        fileprivate(set) var needlessRefusals: UInt64 = 0
        fileprivate(set) var falseRefusals = Offenders()
        fileprivate(set) var needless = Offenders()
    }

    private let warmup: Int64
    private let clientRoster: Roster<BreakerFigures>
    private let totals = Cell(Counts())
    private let loads: Cell<[Counts]>

    /// Counts of as many loads as `loads`. Requests that arrive before the scenario's warm-up ends are not counted.
    init(_ scenario: Scenario, loads count: Int) {
        warmup = scenario.warmup
        clientRoster = Roster(
            (0..<scenario.fleet.count).map { _ in BreakerFigures(warmup: scenario.warmup) })
        loads = Cell(Array(repeating: Counts(), count: count))
    }

    /// The breaker figures of each client, indexed by client number.
    var clients: [BreakerFigures] { clientRoster.members }
    var total: Counts {
        // Counted by load only, since nearly every request is; the refusals are counted for the whole as well, because
        // the first few of them are told.
        var total = totals.value
        for counts in loads.value { total.reachedHealthy += counts.reachedHealthy }
        return total
    }
    /// The counts of the load at index `place`.
    func counts(ofLoad place: Int) -> Counts { loads.value[place] }

    @inline(__always) func consume(
        _ event: FlightEvent, of request: RequestRecord, at now: Int64
    ) {
        switch event {
        case .admittedByBreaker(let contact, _):
            if contact.isFirst { reached(contact, request) }
        case .refusedByBreaker(let contact, let refusal): refused(contact, refusal, request)
        case .breakerMoved(let transition):
            client(of: request) { $0.moved(transition, by: request.call.request) }
        case .attemptDecided(let attempt): client(of: request) { $0.sent(attempt) }
        case .attemptEnded(let attempt, _):
            client(of: request) { $0.ended(attempt, at: now) }
        default: break
        }
    }

    @inline(__always) private func reached(_ contact: BreakerContact, _ request: RequestRecord) {
        guard contact.isHealthy, request.arrival >= warmup else { return }
        loads.value[request.load].reachedHealthy += 1
    }

    private func refused(
        _ contact: BreakerContact, _ refusal: BreakerRefusal, _ request: RequestRecord
    ) {
        if contact.isFirst { reached(contact, request) }
        guard request.arrival >= warmup else { return }
        let isFalse =
            contact.isFirst && contact.isHealthy && contact.attemptsBefore == 0
            && client(of: request) { !$0.lastOpeningWasJustified }
        func count(_ counts: inout Counts) {
            counts.refusals += 1
            if refusal.wouldHaveSucceeded {
                counts.needlessRefusals += 1
                counts.needless.add(request.call.request)
            }
            guard isFalse else { return }
            counts.falselyRefused += 1
            counts.falseRefusals.add(request.call.request)
        }
        count(&totals.value)
        count(&loads.value[request.load])
    }

    @inline(__always) private func client<Result>(
        of request: RequestRecord, _ body: (BreakerFigures) -> Result
    ) -> Result { clientRoster.look(at: Int(request.call.client), body) }
}
