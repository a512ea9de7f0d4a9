import Flight
import MockUpstream
import Report
import ScenarioFile
import Simulation

/// The address, protocol and tolerance with which a scenario is served.
struct ServingPlace {
    var address = "127.0.0.1"
    var port: UInt16 = 0
    var hasTLS = false
    /// How far a measured wait may deviate from what the client's settings allow before it counts
    /// as wrong. Nanoseconds; defaults to 100 ms.
    var tolerance: Int64 = 100_000_000

    /// The base URL for clients on this machine.
    func baseURL(port: UInt16) -> String {
        let near = ["0.0.0.0": "127.0.0.1", "::": "::1"][address] ?? address
        let host = near.contains(":") ? "[\(near)]" : near
        return (hasTLS ? "https" : "http") + "://\(host):\(port)"
    }
}

/// Serves one scenario to an external client.
struct ServeSession {
    /// How long to wait for running exchanges to complete after the client has ended. Nanoseconds.
    private static let grace: Int64 = 1_000_000_000
    /// The longest interval between two checks of the session's state. Nanoseconds.
    private static let tick: Int64 = 20_000_000

    let plan: FlightPlan
    let trace: TraceMode
    let place: ServingPlace
    /// When the session ends by itself, in nanoseconds since its start. nil: it runs until it is
    /// interrupted.
    let end: Int64?
    /// The client's command line, which contains `{base_url}`. nil: clients are started elsewhere.
    let command: String?
    let feed: LiveFeed
    /// Called with the server's address and the path of its CA certificate once clients may
    /// connect.
    let announce: (_ baseURL: String, _ authority: String?) throws -> Void

    /// Serves the scenario until the session ends.
    /// - Throws: `MockUpstreamError`, `FlightError`, `FileProblem` or `SystemError`. The server and
    ///   the client command are stopped in every case.
    func serve() throws -> FlownScenario {
        try plan.makeFolder()
        var (settings, authority) = try settings()
        let start = MonotonicClock.now
        var scenario = plan.scenario
        // External clients compare the dates in answers with the real time.
        scenario.epoch = MonotonicClock.wallClock
        let upstream = ServedUpstream(feed: feed, start: start)
        settings.control = ControlAPI(
            time: { MonotonicClock.now - start }, attempts: upstream.attempts)
        let server = try MockUpstreamServer(settings, source: upstream)
        defer { server.stop() }
        try upstream.begin(
            scenario,
            ServedOptions(
                seed: plan.seed, version: WindtunnelCommand.version, trace: trace,
                tracePath: plan.tracePath, tolerance: place.tolerance))
        var schedule = ListenerSchedule(scenario.upstream)
        // The listener must be in its first state before the address is announced.
        if try schedule.look(at: 0, server) { upstream.listenerChanged() }
        let baseURL = place.baseURL(port: server.port)
        try announce(baseURL, authority)
        let client = try command.map { command throws(SystemError) in
            try ClientCommand(Self.command(command, baseURL, authority))
        }
        let isOver = try run(server, upstream, client, &schedule, since: start)
        client?.end()
        server.stop()
        feed.write(isOver: true)
        // Interrupting a server is the regular way to end it; interrupting a client command cuts
        // its run short.
        return try judged(upstream, client, isInterrupted: command != nil && !isOver)
    }

    private func judged(
        _ upstream: ServedUpstream, _ client: ClientCommand?, isInterrupted: Bool
    ) throws -> FlownScenario {
        guard let result = try upstream.finish(isInterrupted: isInterrupted) else {
            preconditionFailure("it has begun, and is finished once")
        }
        var flown = plan.judged(result)
        flown.clientExitCode = client?.exitCode
        try plan.writeSummary(flown)
        return flown
    }

    /// Updates the listener and the live output until the session ends.
    /// - Returns: `true` if the session ended by itself, `false` if it was interrupted.
    private func run(
        _ server: MockUpstreamServer, _ upstream: ServedUpstream, _ client: ClientCommand?,
        _ schedule: inout ListenerSchedule, since start: Int64
    ) throws -> Bool {
        while !Interruption.flag.isRaised {
            let now = MonotonicClock.now - start
            if try schedule.look(at: now, server) { upstream.listenerChanged() }
            feed.write()
            if client?.exitCode != nil {
                finishDeliveries(upstream)
                return true
            }
            if let end, now >= end { return true }
            let next = min(schedule.due ?? .max, end ?? .max, now + Self.tick)
            MonotonicClock.wait(next - now)
        }
        return false
    }

    private func finishDeliveries(_ upstream: ServedUpstream) {
        let deadline = MonotonicClock.now + Self.grace
        while upstream.deliveriesUnderWay > 0, MonotonicClock.now < deadline {
            MonotonicClock.wait(1_000_000)
        }
    }

    /// The server's settings, and the path of the CA certificate that clients must trust; nil
    /// without TLS.
    private func settings() throws -> (MockUpstreamServer.Settings, authority: String?) {
        var settings = MockUpstreamServer.Settings(address: place.address, port: place.port)
        guard place.hasTLS else { return (settings, nil) }
        let certificates = try TestCertificates(
            addresses: Array(Set(["127.0.0.1", "::1", place.address])).sorted())
        let authority = plan.folder + "/ca.pem"
        try Files.write(certificates.authority, to: authority)
        settings.tls = certificates.tls()
        return (settings, authority)
    }

    /// The client's command line with its placeholders replaced.
    private static func command(
        _ command: String, _ baseURL: String, _ authority: String?
    ) -> String {
        command.replacing("{base_url}", with: baseURL)
            .replacing("{ca_file}", with: authority.map { Wording.shellWord($0) } ?? "")
    }
}
