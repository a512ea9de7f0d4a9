import APIClient
import KeyedChance
import HTTPTypes
public import ScenarioFile
import SimulatedClient
public import Simulation
import Trace
public import Upstream

/// What a flight needs to know besides its scenario.
public struct FlightOptions: Sendable {
    /// What the flight's chance grows from.
    public var seed: UInt64
    /// Which lines the trace file keeps. Defaults to all.
    public var trace: TraceMode = .full
    /// Where the trace goes; nil: nowhere. Its folder exists.
    public var tracePath: String?
    /// The tool's version, for the trace's header.
    public var version: String
    /// Asks the flight to end; its trace is then closed properly.
    public var stopFlag: StopFlag?
    /// Called now and then with the virtual time, in nanoseconds, and the requests so far.
    public var progress: (@Sendable (Int64, UInt64) -> Void)?
    /// How to fly. Defaults to in memory, on virtual time.
    public var mode = FlightMode.simulated
    /// Whether events are written and hashed at all. Off only to measure what that costs.
    public var isRecorded = true

    /// The options of a flight whose trace is kept in full, if it has a path.
    public init(seed: UInt64, version: String, trace: TraceMode = .full, tracePath: String? = nil) {
        self.seed = seed
        self.version = version
        self.trace = trace
        self.tracePath = tracePath
    }
}

/// What is known of a trace when its file is closed.
typealias ClosedTrace = (
    digest: String, lines: UInt64, bytesUncompressed: UInt64, bytesCompressed: UInt64
)

/// One flight of a scenario: its upstream, its clients, its loads and what watches them, put together.
public struct FlightRun {
    /// Texts that no output may hold; the flight's own client sends this one with every request.
    static let canary = "~windtunnel-secret-4d1f0c2a9b"

    /// Flies a scenario on the calling thread, in memory and on virtual time unless the options say
    /// otherwise: its own upstream and the product's own client, or yours.
    ///
    /// - Parameters:
    ///   - scenario: its loads, settings and expectations count; its upstream is the model's business.
    ///   - options: see there.
    ///   - upstream: nil: the scenario's own.
    ///   - client: makes the clients of the fleet; nil: the product's own.
    ///   - consumers: what else follows the flight, such as a check or a figure of your own. Their figures and
    ///     checks stand in the result behind the product's.
    /// - Returns: what it has shown; also after an interruption, marked as such.
    /// - Throws: ``FlightError``. The trace, if any, is closed and readable also then.
    public static func fly(
        _ scenario: Scenario, _ options: FlightOptions, upstream: (any UpstreamModel)? = nil,
        client: ClientFactory? = nil, consumers: [any FlightEventConsumer] = []
    ) throws(FlightError) -> FlightResult {
        let model =
            upstream
            ?? FaultyUpstream(scenario.upstream, seed: options.seed, epoch: scenario.epoch)
        let run = try Self(
            scenario, options, model, client, consumers, fliesOwnUpstream: upstream == nil)
        defer { run.close() }
        return try run.fly()
    }

    private let scenario: Scenario
    private let options: FlightOptions
    private let simulation: Simulation
    private let route: FlightRoute
    private let writer: TraceWriter?
    private let consumers: FlightConsumers
    private let driver: LoadDriver

    private init(
        _ scenario: Scenario, _ options: FlightOptions, _ model: any UpstreamModel,
        _ makeClient: ClientFactory?, _ added: [any FlightEventConsumer], fliesOwnUpstream: Bool
    ) throws(FlightError) {
        self.scenario = scenario
        self.options = options
        route = try FlightRoute(scenario, options)
        // Nothing of ours starts a task or is resumed elsewhere, unless what happens outside does it. Of
        // what somebody else has written nobody knows.
        simulation = Simulation(
            stopFlag: options.stopFlag, realTimeDriver: route.realTimeDriver,
            adoptsTasks: makeClient == nil && fliesOwnUpstream && route.realTimeDriver == nil)
        let upstream = UpstreamBox(model)
        let expected = try ExpectedSchemas(scenario.upstream.routes)
        var schedules: [LoadSchedule] = []
        for (index, load) in scenario.loads.enumerated() {
            schedules.append(
                try LoadSchedule(
                    load, at: index, seed: options.seed, end: scenario.duration,
                    clients: scenario.fleet.count, expected: expected))
        }
        writer = try Self.writer(scenario, options)
        let configuration = scenario.client.configuration(baseURL: route.baseURL)
        let policy = CheckedPolicy(configuration)
        let loads = CheckedLoad.all(schedules, hasCache: configuration.cache.isEnabled)
        let named = Set(scenario.expectations.compactMap(\.load))
        let secrets = SecretsChecker(secret: Self.canary)
        consumers = FlightConsumers(
            scenario, configuration, policy, loads, upstream,
            tallied: Set(schedules.indices.filter { named.contains(schedules[$0].load.name) }),
            recorder: writer.map { Recorder($0, mode: options.trace, secrets: secrets) },
            secrets: secrets, added: added)
        let events = FlightEventSource(
            policy, loads, clients: scenario.fleet.count, upstream, consumers)
        let fleet = try Self.fleet(
            scenario, configuration, seed: options.seed, simulation,
            route.transport(AttemptDecider(simulation, upstream, events)),
            SearchedTelemetry(secrets), makeClient)
        driver = LoadDriver(
            simulation, fleet, schedules, events,
            sendsAsAsked: makeClient == nil && !upstream.readsContent, progress: options.progress)
    }

    private static func fleet(
        _ scenario: Scenario, _ configuration: APIClient.Configuration, seed: UInt64,
        _ simulation: Simulation, _ transport: any Transport, _ telemetry: SearchedTelemetry,
        _ makeClient: ClientFactory?
    ) throws(FlightError) -> [LoadDriver.FleetMember] {
        let shared: (any CacheStore)? =
            scenario.fleet.sharesCache
            ? MemoryCacheStore(entriesMax: configuration.cache.entriesMax) : nil
        var fleet: [LoadDriver.FleetMember] = []
        for identity in 0..<scenario.fleet.count {
            let environment = ClientEnvironment(
                identity: identity, configuration: configuration, transport: transport,
                time: SimulatedTime(simulation),
                wallClock: SimulatedWallClock(simulation, epoch: scenario.epoch),
                chance: SimulatedChance(seed: seed),
                credentials: StaticCredentials(
                    .apiKey(Secret(FlightRun.canary), identity: "flight")),
                cacheStore: shared, logger: telemetry.logger, metrics: telemetry)
            do {
                let client: any ClientUnderTest =
                    if let makeClient { try makeClient(environment) } else {
                        try environment.makeAPIClient()
                    }
                fleet.append(
                    LoadDriver.FleetMember(
                        environment: environment, client: client, own: client as? APIClient))
            } catch {
                throw FlightError(.simulation, "the client does not start: \(error)")
            }
        }
        return fleet
    }

    private static func writer(
        _ scenario: Scenario, _ options: FlightOptions
    ) throws(FlightError) -> TraceWriter? {
        guard options.isRecorded else { return nil }
        let header = TraceHeader(
            version: options.version, seed: options.seed, mode: options.mode.rawValue,
            scenario: scenario.canonicalJSON())
        do {
            return try TraceWriter(
                path: options.trace == .off ? nil : options.tracePath, header: header.json)
        } catch {
            throw FlightError(.environment, error.description)
        }
    }

    private func fly() throws(FlightError) -> FlightResult {
        let started = WallTime.now
        var isInterrupted = false
        var failure: FlightError?
        do {
            try simulation.run { [driver] in await driver.flyAll() }
        } catch let error as SimulationError where error.code == .stopped {
            isInterrupted = true
        } catch let error as SimulationError where error.code == .aborted {
            failure = route.failure ?? FlightError(.simulation, "\(scenario.name): \(error)")
        } catch {
            failure = FlightError(.simulation, "\(scenario.name): \(error)")
        }
        let ended = simulation.clock.now.nanoseconds
        let isWhole = !isInterrupted && failure == nil
        if isWhole, let account = route.account(of: consumers.accounts.readSends) {
            consumers.accounts.crossed(problem: account.problem)
        }
        consumers.finish(at: ended, isWhole: isWhole)
        let trace = try closeTrace(after: failure, isWhole: isWhole, at: ended)
        let end = isInterrupted ? ended : .max
        let periods = consumers.health.periods(until: end)
        return FlightResult(
            scenario: scenario, seed: options.seed, mode: options.mode, digest: trace?.digest ?? "",
            lines: trace?.lines ?? 0, traceBytes: trace?.bytesCompressed ?? 0,
            tracePath: options.trace == .off ? nil : options.tracePath,
            virtualSeconds: Double(ended) / 1e9, wallSeconds: WallTime.seconds(since: started),
            figures: figures(periods, until: end), invariants: consumers.invariants,
            isInterrupted: isInterrupted, timeline: consumers.timeline.close(periods, at: ended),
            delivery: route.delivery)
    }

    /// Closes what the flight held open.
    private func close() { route.close() }

    /// Closes the trace in any case: it is what tells how far the flight came.
    /// - Throws: what made the flight fail, before anything that is wrong with the trace.
    private func closeTrace(
        after failure: FlightError?, isWhole: Bool, at ended: Int64
    ) throws(FlightError) -> ClosedTrace? {
        let closed: Result<ClosedTrace?, TraceError>
        do {
            closed = .success(
                try writer?.finish { digest, lines in
                    TraceFooter(
                        lines: lines, digest: digest,
                        counts: [
                            ("requests", Int64(consumers.accounts.arrivals)), ("ended_at", ended),
                            ("interrupted", isWhole ? 0 : 1),
                        ]
                    ).json
                })
        } catch { closed = .failure(error) }
        return try Self.outcome(of: failure, closed)
    }

    /// Of what made a flight fail, and what became of its trace, the one to be told first.
    static func outcome(
        of failure: FlightError?, _ closed: Result<ClosedTrace?, TraceError>
    ) throws(FlightError) -> ClosedTrace? {
        switch (failure, closed) {
        case (nil, .success(let trace)): return trace
        case (nil, .failure(let error)): throw FlightError(.environment, error.description)
        case (let failure?, .success): throw failure
        // The cause is the flight's; that the disk is full as well must not hide it.
        case (let failure?, .failure(let error)):
            throw FlightError(failure.code, "\(failure.message); besides, \(error.description)")
        }
    }

    /// Of what was flown, up to `end`.
    private func figures(_ periods: [UnhealthyPeriod], until end: Int64) -> [Figure] {
        let table = FigureTable(scenario, until: end)
        let (tallies, breakers) = (consumers.tallies, consumers.breakers)
        let consistency = consumers.consistency
        let periods = UnhealthyPeriodFigures(
            periods, breakers.clients, warmup: scenario.warmup)
        var figures =
            table.figures(tallies.total, breakers.total, lagging: consistency.lagging)
            + table.breaker(breakers.clients, periods, requests: tallies.total.requests)
            + [table.recovery(consumers.health.recovery)]
        for (place, tally) in tallies.byLoad.enumerated() {
            guard let tally else { continue }
            figures += table.figures(
                tally, breakers.counts(ofLoad: place), lagging: consistency.laggingByLoad[place]
            ).map {
                var figure = $0
                figure.load = scenario.loads[place].name
                return figure
            }
        }
        return figures + consumers.addedFigures
    }
}
