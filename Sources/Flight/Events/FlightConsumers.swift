import APIClient
import ScenarioFile
import Upstream

/// Everything that follows a flight.
///
/// The consumers of the product are named one by one instead of in a list: the compiler then sees which of them
/// look at an event, and an event costs no more than those. Confined to the simulation's thread.
final class FlightConsumers {
    let recorder: Recorder?
    let tallies: RequestTallies
    let breakers: BreakerCounts
    let health: HealthWatch
    let consistency: ConsistencyWatch
    let accounts: AccountChecker
    let secrets: SecretsChecker
    let timeline: TimelineRecorder
    private let retryChecker: RetryChecker
    private let breakerChecker: BreakerChecker
    private let limiterChecker: LimiterChecker
    private let cacheChecker: CacheChecker
    private let effectsChecker: EffectsChecker
    /// What a user of the library has added.
    private let added: [any FlightEventConsumer]
    private let hasAdded: Bool

    /// - Parameters:
    ///   - scenario: the scenario that is flown.
    ///   - configuration: the settings that each client is judged by.
    ///   - policy: the same as whole numbers.
    ///   - loads: what is known of each load.
    ///   - upstream: the model, for the health of the upstream.
    ///   - tallied: the places of loads that get figures of their own.
    ///   - recorder: writes the trace; nil: there is none.
    ///   - secrets: searches what is written.
    ///   - added: consumers of a user of the library.
    init(
        _ scenario: Scenario, _ configuration: APIClient.Configuration, _ policy: CheckedPolicy,
        _ loads: [CheckedLoad], _ upstream: UpstreamBox, tallied: Set<Int>, recorder: Recorder?,
        secrets: SecretsChecker, added: [any FlightEventConsumer]
    ) {
        let clients = scenario.fleet.count
        self.recorder = recorder
        self.secrets = secrets
        tallies = RequestTallies(scenario, policy, loads, tallied: tallied)
        breakers = BreakerCounts(scenario, loads: loads.count)
        health = HealthWatch(scenario, upstream)
        consistency = ConsistencyWatch(scenario, configuration, loads)
        accounts = AccountChecker()
        timeline = TimelineRecorder(scenario, loads, upstream)
        retryChecker = RetryChecker(policy)
        breakerChecker = BreakerChecker(policy, clients: clients)
        limiterChecker = LimiterChecker(policy, clients: clients)
        cacheChecker = CacheChecker(
            policy, loads, clients: clients, sharesCache: scenario.fleet.sharesCache)
        effectsChecker = EffectsChecker(policy, loads)
        self.added = added
        hasAdded = !added.isEmpty
    }

    /// Hands an event of a request to all.
    @inline(__always) func consume(
        _ event: FlightEvent, of request: RequestRecord, at now: Int64
    ) {
        recorder?.consume(event, of: request, at: now)
        tallies.consume(event, of: request, at: now)
        breakers.consume(event, of: request, at: now)
        health.consume(event, of: request, at: now)
        consistency.consume(event, of: request, at: now)
        accounts.consume(event, of: request, at: now)
        retryChecker.consume(event, of: request, at: now)
        breakerChecker.consume(event, of: request, at: now)
        limiterChecker.consume(event, of: request, at: now)
        cacheChecker.consume(event, of: request, at: now)
        effectsChecker.consume(event, of: request, at: now)
        timeline.consume(event, of: request, at: now)
        if hasAdded { tellAdded(event, of: request, at: now) }
    }

    /// Hands an event of the upstream to all that look at such.
    @inline(__always) func consume(_ event: UpstreamEvent, at now: Int64) {
        health.consume(event, at: now)
        timeline.consume(event, at: now)
        if hasAdded { for consumer in added { consumer.consume(event, at: now) } }
    }

    @inline(never) private func tellAdded(
        _ event: FlightEvent, of request: RequestRecord, at now: Int64
    ) {
        for consumer in added { consumer.consume(event, of: request, at: now) }
    }

    /// The flight is over.
    /// - Parameters:
    ///   - instant: in nanoseconds of virtual time.
    ///   - isWhole: whether it came to its own end.
    func finish(at instant: Int64, isWhole: Bool) {
        accounts.isWhole = isWhole
        accounts.finish(at: instant)
        retryChecker.finish(at: instant)
        recorder?.finish(at: instant)
        for consumer in added { consumer.finish(at: instant) }
    }

    /// What all checkers have found, in the order of ``Invariant``, then what was added.
    var invariants: [InvariantResult] {
        let checkers: [any FlightEventConsumer] = [
            accounts, secrets, retryChecker, breakerChecker, limiterChecker, cacheChecker,
            effectsChecker,
        ]
        let found = checkers.flatMap(\.invariants)
        let ordered = Invariant.allCases.map { invariant in
            found.first { $0.invariant == invariant } ?? InvariantResult(invariant)
        }
        return ordered + added.flatMap(\.invariants)
    }

    /// Figures that a user of the library has added.
    var addedFigures: [Figure] { added.flatMap(\.figures) }
}
