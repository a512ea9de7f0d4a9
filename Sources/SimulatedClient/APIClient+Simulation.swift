public import APIClient
public import CoreMetrics
public import Logging
public import Simulation

extension APIClient {
    /// A client whose time, time of day and chance are a simulation's: the same run, twice the same.
    ///
    /// - Parameters:
    ///   - configuration: how it behaves.
    ///   - transport: what sends; on the simulation's time as well.
    ///   - simulation: where it lives.
    ///   - seed: of jitter and correlation ids.
    ///   - epoch: virtual time 0, in nanoseconds since 1970-01-01T00:00:00Z. Defaults to the start of
    ///     2026.
    ///   - credentials: what requests show to be let in.
    ///   - cacheStore: nil: in memory, of this client alone.
    ///   - breakerStore: nil: in memory, of this client alone.
    ///   - logger: nil: nothing is logged.
    ///   - metrics: nil: nothing is counted.
    ///   - secrets: texts that are taken out of every log line.
    ///   - identity: the client's number, which keys its chance.
    /// - Throws: ``APIError`` with `VALIDATION_ERROR` where the configuration is not valid.
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
