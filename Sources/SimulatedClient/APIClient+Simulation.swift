public import APIClient
public import CoreMetrics
public import Logging
public import Simulation

extension APIClient {
    /// Makes a client whose time, time of day and chance come from a simulation, so that runs are
    /// repeatable.
    ///
    /// - Parameters:
    ///   - configuration: the timeouts and the policies.
    ///   - transport: sends the attempts; it must use the simulation's time too.
    ///   - simulation: the simulation in which the client runs.
    ///   - seed: the seed of jitter and correlation ids. Defaults to 42.
    ///   - epoch: the time of day at virtual time 0, in nanoseconds since 1970-01-01T00:00:00Z.
    ///     Defaults to the start of 2026.
    ///   - credentials: supplies the credential of each send. Defaults to none.
    ///   - cacheStore: where answers are cached. nil (the default): in memory, for this client
    ///     alone.
    ///   - breakerStore: where the breaker's state is held. nil (the default): in memory, for this
    ///     client alone.
    ///   - logger: receives the log lines. nil (the default): nothing is logged.
    ///   - metrics: receives the metrics. nil (the default): nothing is counted.
    ///   - secrets: texts that are redacted from every log line and error. Defaults to none.
    ///   - identity: the client's number, which keys its random draws. Defaults to 0.
    /// - Throws: ``APIError`` with code `VALIDATION_ERROR` if the configuration is not valid.
    public convenience init(
        configuration: Configuration, transport: any Transport, in simulation: Simulation,
        seed: UInt64 = 42, epoch: Int64 = 1_767_225_600_000_000_000,
        credentials: any CredentialProvider = StaticCredentials(nil),
        cacheStore: (any CacheStore)? = nil, breakerStore: (any BreakerStore)? = nil,
        logger: Logger? = nil, metrics: (any MetricsFactory)? = nil, secrets: [Secret] = [],
        identity: UInt32 = 0
    ) throws(APIError) {
        try self.init(
            configuration: configuration, transport: transport, time: SimulatedTime(simulation),
            wallClock: SimulatedWallClock(simulation, epoch: epoch),
            chance: SimulatedChance(seed: seed), credentials: credentials, cacheStore: cacheStore,
            breakerStore: breakerStore, logger: logger, metrics: metrics, secrets: secrets,
            identity: identity)
    }
}
