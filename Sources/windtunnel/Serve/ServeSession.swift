import Flight
import MockUpstream
import Report
import ScenarioFile
import Simulation

/// Where and how a scenario is served.
struct ServingPlace {
    var address = "127.0.0.1"
    var port: UInt16 = 0
    var hasTLS = false
    /// How far, in nanoseconds, a wait may lie outside of what the client's settings allow.
    var tolerance: Int64 = 100_000_000

    /// The address for clients on this machine.
    func baseURL(port: UInt16) -> String {
        let near = ["0.0.0.0": "127.0.0.1", "::": "::1"][address] ?? address
        let host = near.contains(":") ? "[\(near)]" : near
        return (hasTLS ? "https" : "http") + "://\(host):\(port)"
    }
}

/// One scenario that is served to somebody else's client.
struct ServeSession {
    /// How long what is on its way may take to get there once the client has ended.
    private static let grace: Int64 = 1_000_000_000
    /// How often anything is looked at.
    private static let tick: Int64 = 20_000_000

    let plan: FlightPlan
    let trace: TraceMode
    let place: ServingPlace
    /// When it ends by itself, in nanoseconds; nil: when somebody ends it.
    let end: Int64?
    /// The client's command line, with `{base_url}` in it; nil: clients come by themselves.
    let command: String?
    let feed: LiveFeed
    /// Is told where it serves.
    let announce: (_ baseURL: String, _ authority: String?) throws -> Void

    /// Serves until its end.
    /// - Throws: `MockUpstreamError`, `FlightError`, `FileProblem`, `SystemError`; nothing is left running.
    func serve() throws -> FlownScenario {
        if trace != .off || place.hasTLS { try plan.makeFolder() }
        var (settings, authority) = try settings()
        let start = MonotonicClock.now
        var scenario = plan.scenario
        // Dates in answers are read by clients that have a clock on the wall.
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
        // Before anybody is told where it is.
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
        // Whoever ends a server by hand ends it in the proper way; a client's run is cut short.
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
        if trace != .off { try plan.writeSummary(flown) }
        return flown
    }

    /// Keeps the door until the end.
    /// - Returns: whether it came to its end by itself.
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

    /// How the server listens, and the file with what a client has to trust, where it speaks TLS.
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

    /// The client's command line with what is known by now.
    private static func command(
        _ command: String, _ baseURL: String, _ authority: String?
    ) -> String {
        command.replacing("{base_url}", with: baseURL)
            .replacing("{ca_file}", with: authority.map { Wording.shellWord($0) } ?? "")
    }
}
