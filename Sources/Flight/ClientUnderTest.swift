public import APIClient
public import CoreMetrics
public import Logging

/// A client that a flight can run: the product's own, or one of yours.
///
/// One is made for each member of the fleet, from a ``ClientEnvironment``. It must stay on the simulation: wait
/// only through the ``RequestContext`` or the environment's time source, start no unstructured tasks, and never
/// block a thread.
public protocol ClientUnderTest: Sendable {
    /// Executes one request.
    ///
    /// - Parameters:
    ///   - request: the request to execute.
    ///   - line: sends attempts and gives the time and the random numbers of this request.
    /// - Returns: the answer for the caller.
    /// - Throws: ``APIError``, the error for the caller.
    func execute(
        _ request: APIRequest, on line: RequestContext
    ) async throws(APIError) -> APIResponse
}

/// Makes the client for one member of the fleet.
public typealias ClientFactory =
    @Sendable (ClientEnvironment) throws(APIError) -> any ClientUnderTest

/// Everything that a client may depend on. Time and random numbers come from the flight.
public struct ClientEnvironment: Sendable {
    /// The client's number, from 0.
    public let identity: UInt32
    /// The scenario's client settings. The invariants judge the client by them.
    public let configuration: APIClient.Configuration
    /// Sends an attempt to the upstream model.
    public let transport: any Transport
    /// Virtual time, in nanoseconds.
    public let time: any TimeSource
    /// The time of day in virtual time.
    public let wallClock: any WallClock
    /// Random numbers that depend only on the seed and the key of the decision.
    public let chance: any ChanceSource
    /// The client's credentials towards the upstream. The flight searches its output for them: none may contain them.
    public let credentials: any CredentialProvider
    /// The cache that the whole fleet shares; nil: each client has its own.
    public let cacheStore: (any CacheStore)?
    /// The client's log. Lines are searched for the credentials and then dropped.
    public let logger: Logger
    /// The client's metrics. Names and dimensions are searched for the credentials; values are dropped.
    public let metrics: any MetricsFactory

    /// The URL scheme of the upstream: `https` if the scenario has TLS faults and the mode uses sockets, else `http`.
    var scheme: String { configuration.baseURL.hasPrefix("https:") ? "https" : "http" }

    /// Makes the product's own client, with its default breaker, limiter and cache unless you pass your own.
    ///
    /// - Parameters:
    ///   - configuration: the client's settings; nil: those of the scenario.
    ///   - transport: nil: the flight's transport. Yours must pass requests on to the flight's; each one that
    ///     it passes on counts as a send.
    ///   - credentials: nil: those of the flight.
    ///   - cacheStore: nil: the fleet's shared store, or else one of the client's own.
    ///   - breakerStore: nil: one of the client's own.
    /// - Returns: a client that is ready for the flight.
    /// - Throws: ``APIError`` if the configuration is not valid.
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
    /// Executes a request and reports each step to the flight.
    public func execute(
        _ request: APIRequest, on line: RequestContext
    ) async throws(APIError) -> APIResponse {
        try await execute(request, observer: line.observer)
    }
}

/// What a client needs to execute one request. Time is virtual, and every send is counted.
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

    /// Receives the steps of the request. Pass it to an ``APIClient``, or report to it what your own client
    /// does besides sending, so that the figures and invariants about breakers and caches have data.
    public var observer: any RequestObserver { caller }

    /// The identifier that the request's log lines, header field and error have in common.
    public var correlationID: CorrelationID { CorrelationID(call, environment.chance) }

    /// The current virtual time, in nanoseconds since virtual time 0.
    public var now: Int64 { environment.time.now }

    /// The instant of the caller's request, in nanoseconds since virtual time 0.
    public var arrival: Int64 { caller.request.arrival }

    /// Reports what the client does besides sending and waiting: its breaker and its cache. Optional; without
    /// it, refusals by a breaker look unfounded to the invariants, and the breaker's figures are empty.
    public func report(_ event: ClientEvent) { caller.observe(event, at: now) }

    /// Sends one attempt and counts it.
    ///
    /// - Parameters:
    ///   - request: the request to send; its header fields are sent unchanged.
    ///   - timeout: the time limit of the attempt; above zero.
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
        // `.neutral`: the flight classifies the attempt itself, from the upstream's decision.
        caller.observe(.attemptEnded(attempt: attempt, outcome, counted: .neutral), at: now)
        return try result.get()
    }

    /// Makes the answer for the caller from a response that arrived now.
    public func answer(_ response: TransportResponse) -> APIResponse {
        APIResponse(
            statusCode: response.statusCode, headers: response.headerFields, body: response.body,
            responseTime: .nanoseconds(now - arrival), correlationID: correlationID)
    }

    /// Waits before another attempt, in virtual time.
    ///
    /// - Parameters:
    ///   - duration: the length of the wait; zero or less: no wait.
    ///   - reason: the cause of the wait, for the trace and the checks. Defaults to `.backoff`.
    /// - Throws: `CancellationError` if the caller gives up during the wait.
    public func wait(
        _ duration: Duration, _ reason: ClientWait.Reason = .backoff
    ) async throws(CancellationError) {
        let end = now.addingSaturated(max(0, duration.nanoseconds))
        caller.observe(
            .waiting(ClientWait(reason: reason, until: end, lower: end, upper: end)), at: now)
        try await environment.time.sleep(
            until: end, kind: .wakeUp, call: call, attempt: caller.request.progress.value.announced)
    }

    /// Waits in virtual time without reporting it. For the client's own timers, such as the hedging delay
    /// before a second, parallel attempt. It does not count as a wait before a retry and is not checked.
    ///
    /// - Parameter duration: the length of the wait; zero or less: no wait.
    /// - Throws: `CancellationError` if the task is cancelled during the wait.
    public func pause(_ duration: Duration) async throws(CancellationError) {
        let end = now.addingSaturated(max(0, duration.nanoseconds))
        try await environment.time.sleep(
            until: end, kind: .wakeUp, call: call, attempt: caller.request.progress.value.announced)
    }

    /// A random number below `bound` that depends only on the seed, the request and the attempt.
    public func draw(below bound: UInt64) -> UInt64 {
        environment.chance.draw(
            below: bound, for: .backoff, call: call,
            attempt: caller.request.progress.value.announced)
    }

    /// Writes a line to the client's log. It is searched for secrets and then dropped.
    public func log(_ line: String) { caller.logged(line) }

    /// Makes an error for the caller of this request.
    public func error(
        _ code: APIError.Code, _ origin: APIError.Origin, cause: (any Error)? = nil
    ) -> APIError {
        APIError(code, origin: origin, correlationID: correlationID, cause: cause)
    }
}
