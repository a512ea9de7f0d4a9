import APIClient
import KeyedChance
import HTTPTypes
public import ScenarioFile
import SimulatedClient
public import Simulation
import Trace
public import Upstream

/// The settings of a flight apart from its scenario.
public struct FlightOptions: Sendable {
    /// The seed of all random numbers of the flight.
    public var seed: UInt64
    /// The event lines that the trace file keeps. Defaults to `.full`.
    public var trace: TraceMode = .full
    /// Path of the trace file, in an existing folder; nil (the default): no file is written.
    public var tracePath: String?
    /// The tool's version, written into the trace's header.
    public var version: String
    /// Stops the flight when it is set; the trace is then closed properly. nil: the flight cannot be stopped.
    public var stopFlag: StopFlag?
    /// Called every 16 384 requests with the virtual time in nanoseconds and the number of requests so far.
    public var progress: (@Sendable (Int64, UInt64) -> Void)?
    /// The mode of the flight. Defaults to `.simulated`.
    public var mode = FlightMode.simulated
    /// Whether events are written and hashed. Defaults to `true`; `false` only serves to measure the cost of recording.
    public var isRecorded = true

    /// Makes options whose trace is kept in full, if it has a path.
    public init(seed: UInt64, version: String, trace: TraceMode = .full, tracePath: String? = nil) {
        self.seed = seed
        self.version = version
        self.trace = trace
        self.tracePath = tracePath
    }
}

/// The facts about a trace once its file is closed.
typealias ClosedTrace = (
    digest: String, lines: UInt64, bytesUncompressed: UInt64, bytesCompressed: UInt64
)

/// One flight of a scenario: connects its upstream, clients, loads and event consumers.
public struct FlightRun {
    /// The credential of the flight's clients. No output may contain it.
    static let canary = "~windtunnel-secret-4d1f0c2a9b"

    /// Flies a scenario on the calling thread. By default in memory, on virtual time, against the scenario's
    /// own upstream, with the product's own client.
    ///
    /// - Parameters:
    ///   - scenario: its loads, settings and expectations apply; its upstream only if `upstream` is nil.
    ///   - options: the seed, the trace and the mode.
    ///   - upstream: the upstream model; nil: the scenario's own.
    ///   - client: makes the clients of the fleet; nil: the product's own client.
    ///   - consumers: further receivers of the flight's events, such as your own check or figure. Their figures
    ///     and checks follow the product's in the result.
    /// - Returns: the result; an interrupted flight also has one, marked as interrupted.
    /// - Throws: ``FlightError``. The trace, if there is one, is closed and readable then as well.
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
        // The product's own code starts no task and resumes none elsewhere, except in real time. Custom clients and
        // upstreams may do both. Tasks are adopted only if neither is the case.
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

    /// Releases the resources of the route.
    private func close() { route.close() }

    /// Closes the trace in any case: after a failure, it shows how far the flight came.
    /// - Throws: the cause of the flight's failure; otherwise the trace's own error.
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

    /// Combines the failure of the flight and that of its trace. The flight's comes first.
    static func outcome(
        of failure: FlightError?, _ closed: Result<ClosedTrace?, TraceError>
    ) throws(FlightError) -> ClosedTrace? {
        switch (failure, closed) {
        case (nil, .success(let trace)): return trace
        case (nil, .failure(let error)): throw FlightError(.environment, error.description)
        case (let failure?, .success): throw failure
        // The flight's failure is the cause; a full disk must not hide it.
        case (let failure?, .failure(let error)):
            throw FlightError(failure.code, "\(failure.message); besides, \(error.description)")
        }
    }

    /// The figures of the flight up to `end`, in nanoseconds.
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
