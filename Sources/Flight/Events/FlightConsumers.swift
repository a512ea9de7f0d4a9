import APIClient
import ScenarioFile
import Upstream

/// All consumers of a flight's events.
///
/// The product's consumers are separate properties instead of a list: the compiler then sees which of them use
/// an event, and an event costs only those. Confined to the simulation's thread.
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
    /// Consumers added by a user of the library.
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
    ///   - secrets: searches output for secrets.
    ///   - added: consumers added by a user of the library.
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

    /// Passes an event of a request to all consumers.
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

    /// Passes an event of the upstream to the consumers that use such events.
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

    /// Ends the flight for all consumers.
    /// - Parameters:
    ///   - instant: the end, in nanoseconds of virtual time.
    ///   - isWhole: whether the flight was neither interrupted nor failed.
    func finish(at instant: Int64, isWhole: Bool) {
        accounts.isWhole = isWhole
        accounts.finish(at: instant)
        retryChecker.finish(at: instant)
        recorder?.finish(at: instant)
        for consumer in added { consumer.finish(at: instant) }
    }

    /// The results of all checkers in the order of ``Invariant``, then those of added consumers.
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

    /// The figures of added consumers.
    var addedFigures: [Figure] { added.flatMap(\.figures) }
}
