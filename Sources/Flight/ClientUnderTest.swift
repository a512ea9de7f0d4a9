public import APIClient
public import CoreMetrics
public import Logging

/// A client that can be flown: the product's own, or one of yours.
///
/// One is made for each member of the fleet, from a ``ClientEnvironment``. Whatever it does has to stay on the
/// simulation: it waits through the line or the environment's time, starts no tasks of its own, and blocks on
/// nothing.
public protocol ClientUnderTest: Sendable {
    /// Executes one request.
    ///
    /// - Parameters:
    ///   - request: what is asked.
    ///   - line: the way to the upstream, the time and the chance of this request.
    /// - Returns: the answer that the caller gets.
    /// - Throws: ``APIError``, the error that the caller gets.
    func execute(
        _ request: APIRequest, on line: RequestContext
    ) async throws(APIError) -> APIResponse
}

/// Makes the client for a place in the fleet.
public typealias ClientFactory =
    @Sendable (ClientEnvironment) throws(APIError) -> any ClientUnderTest

/// What a client is built from: everything that it may depend on, on the flight's time and chance.
public struct ClientEnvironment: Sendable {
    /// The client's number, from 0.
    public let identity: UInt32
    /// The scenario's settings for the client, by which the invariants judge it.
    public let configuration: APIClient.Configuration
    /// Sends an attempt to the upstream model.
    public let transport: any Transport
    /// Virtual time.
    public let time: any TimeSource
    /// The time of day of virtual time.
    public let wallClock: any WallClock
    /// Keyed chance.
    public let chance: any ChanceSource
    /// What the upstream knows the client by. No output may hold it; the flight searches for it.
    public let credentials: any CredentialProvider
    /// The cache that the fleet shares; nil: each client has its own.
    public let cacheStore: (any CacheStore)?
    /// A log for the client. Its lines are not kept, but searched for the credentials.
    public let logger: Logger
    /// Metrics for the client. They are not kept; their names and dimensions are searched for the credentials.
    public let metrics: any MetricsFactory

    /// How the upstream is spoken to: over TLS where the scenario has faults of TLS and there are sockets.
    var scheme: String { configuration.baseURL.hasPrefix("https:") ? "https" : "http" }

    /// The product's own client, with its usual breaker, limiter and cache, or with parts of yours.
    ///
    /// - Parameters:
    ///   - configuration: how it behaves; nil: as the scenario says.
    ///   - transport: nil: straight to the upstream. One of yours passes on what it is given, or counts as
    ///     sends what it makes of it.
    ///   - credentials: nil: the flight's.
    ///   - cacheStore: nil: the fleet's, or one of its own.
    ///   - breakerStore: nil: one of its own.
    /// - Returns: a client that flies without further ado.
    /// - Throws: ``APIError`` where the configuration is not valid.
    public func makeAPIClient(
        configuration: APIClient.Configuration? = nil, transport: (any Transport)? = nil,
        credentials: (any CredentialProvider)? = nil, cacheStore: (any CacheStore)? = nil,
        breakerStore: (any BreakerStore)? = nil
    ) throws(APIError) -> APIClient {
        try APIClient(
            configuration: configuration ?? self.configuration,
            transport: transport ?? self.transport, time: time, wallClock: wallClock,
            chance: chance, credentials: credentials ?? self.credentials,
            cacheStore: cacheStore ?? self.cacheStore, breakerStore: breakerStore,
            logger: logger, metrics: metrics, identity: identity)
    }
}

extension APIClient: ClientUnderTest {
    /// Executes a request and tells the flight each step.
    public func execute(
        _ request: APIRequest, on line: RequestContext
    ) async throws(APIError) -> APIResponse {
        try await execute(request, observer: line.observer)
    }
}

/// The way to the upstream for one request. Everything on it is virtual and counted.
///
/// Belongs to the task that executes the request.
public struct RequestContext: Sendable {
    /// The request's identity.
    public let call: CallID
    let caller: VirtualCaller
    private let environment: ClientEnvironment

    init(_ caller: VirtualCaller, _ environment: ClientEnvironment) {
        call = caller.call
        self.caller = caller
        self.environment = environment
    }

    /// Who follows the request: hand it to an ``APIClient``, or tell it what a client of your own does
    /// besides sending, so that figures and invariants about breakers and caches mean something.
    public var observer: any RequestObserver { caller }

    /// What ties the request's log lines, header and error together.
    public var correlationID: CorrelationID { CorrelationID(call, environment.chance) }

    /// Nanoseconds since virtual time 0.
    public var now: Int64 { environment.time.now }

    /// When the caller asked, in nanoseconds since virtual time 0.
    public var arrival: Int64 { caller.request.arrival }

    /// Tells what the client does besides sending and waiting: its breaker, its cache. Nobody has to; but
    /// then the invariants take what a breaker does for whims, and its figures are empty.
    public func report(_ event: ClientEvent) { caller.observe(event, at: now) }

    /// Sends one attempt and counts it.
    ///
    /// - Parameters:
    ///   - request: what is asked; its fields are sent as they are.
    ///   - timeout: how long the answer may take; above zero.
    /// - Returns: a complete answer, whatever its status.
    /// - Throws: ``TransportError``.
    public func send(
        _ request: APIRequest, timeout: Duration
    ) async throws(TransportError) -> TransportResponse {
        let attempt = caller.request.progress.value.announced + 1
        let sent = TransportRequest(
            request, scheme: environment.scheme, authority: "upstream.test", timeout: timeout,
            call: call,
            attempt: attempt, correlationID: correlationID, observer: caller)
        caller.observe(.attemptStarted(attempt: attempt, timeout: sent.timeout), at: now)
        let result: Result<TransportResponse, TransportError>
        do {
            result = .success(try await environment.transport.send(sent))
        } catch {
            result = .failure(error)
        }
        let outcome: AttemptResult =
            switch result {
            case .success(let response): .answer(status: response.statusCode)
            case .failure(let error): .failure(error.code)
            }
        // What counts as a failure the flight decides by what the upstream did.
        caller.observe(.attemptEnded(attempt: attempt, outcome, counted: .neutral), at: now)
        return try result.get()
    }

    /// What the caller gets, of an answer that came just now.
    public func answer(_ response: TransportResponse) -> APIResponse {
        APIResponse(
            statusCode: response.statusCode, headers: response.headerFields, body: response.body,
            responseTime: .nanoseconds(now - arrival), correlationID: correlationID)
    }

    /// Waits before another attempt, in virtual time.
    ///
    /// - Parameters:
    ///   - duration: how long; zero or less is no wait.
    ///   - reason: why, for the trace and the checks.
    /// - Throws: `CancellationError` when the caller gives up before.
    public func wait(
        _ duration: Duration, _ reason: ClientWait.Reason = .backoff
    ) async throws(CancellationError) {
        let end = now.addingSaturated(max(0, duration.nanoseconds))
        caller.observe(
            .waiting(ClientWait(reason: reason, until: end, lower: end, upper: end)), at: now)
        try await environment.time.sleep(
            until: end, kind: .wakeUp, call: call, attempt: caller.request.progress.value.announced)
    }

    /// Waits in virtual time without telling anybody: for a timer of the client's own, such as the delay before a
    /// second attempt is sent beside the first. Neither a retry's wait nor a check.
    ///
    /// - Parameter duration: how long; zero or less is no wait.
    /// - Throws: `CancellationError` when the task is cancelled before.
    public func pause(_ duration: Duration) async throws(CancellationError) {
        let end = now.addingSaturated(max(0, duration.nanoseconds))
        try await environment.time.sleep(
            until: end, kind: .wakeUp, call: call, attempt: caller.request.progress.value.announced)
    }

    /// A number below `bound` that depends on the seed, the request and the attempt alone.
    public func draw(below bound: UInt64) -> UInt64 {
        environment.chance.draw(
            below: bound, for: .backoff, call: call,
            attempt: caller.request.progress.value.announced)
    }

    /// Writes a line of a client's log. It goes nowhere but into the search for secrets.
    public func log(_ line: String) { caller.logged(line) }

    /// An error for the caller of this request.
    public func error(
        _ code: APIError.Code, _ origin: APIError.Origin, cause: (any Error)? = nil
    ) -> APIError {
        APIError(code, origin: origin, correlationID: correlationID, cause: cause)
    }
}
