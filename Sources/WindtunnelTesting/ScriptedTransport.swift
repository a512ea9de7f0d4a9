public import APIClient
public import HTTPTypes
import Synchronization

/// Answers attempts from a script, on a clock of your choice, and remembers what was sent.
///
///     let simulation = Simulation()
///     let transport = ScriptedTransport(
///         time: SimulatedTime(simulation), [.status(503), .status(200, after: .milliseconds(5))])
///
/// Keeps every rule of ``Transport``: an answer at exactly the timeout is in time, a later one and a
/// hang end in `timedOut` at the timeout, a cancelled task gets `cancelled`.
public final class ScriptedTransport: Transport {
    private struct State {
        var attempts: [ScriptedAttempt] = []
        var underWay = 0
        var underWayMax = 0
    }

    private let time: any TimeSource
    private let reply: @Sendable (TransportRequest, Int) -> ScriptedReply
    private let state = Mutex(State())

    /// - Parameters:
    ///   - time: what delays and timeouts are measured by.
    ///   - script: the replies, in the order of the attempts.
    ///   - last: the reply to all attempts after those.
    public convenience init(
        time: any TimeSource, _ script: [ScriptedReply],
        last: ScriptedReply = .failure(.connectionRefused, "the script is at its end")
    ) {
        self.init(time: time) { _, index in index < script.count ? script[index] : last }
    }

    /// - Parameters:
    ///   - time: what delays and timeouts are measured by.
    ///   - reply: gives the reply to a request and the attempt's index, 0 for the transport's first.
    public init(
        time: any TimeSource,
        reply: @escaping @Sendable (_ request: TransportRequest, _ index: Int) -> ScriptedReply
    ) {
        self.time = time
        self.reply = reply
    }

    /// The attempts so far, in the order of their sends.
    public var attempts: [ScriptedAttempt] { state.withLock { $0.attempts } }

    /// The most attempts that were under way at once.
    public var underWayMax: Int { state.withLock { $0.underWayMax } }

    /// Carries out the script's next reply.
    public func send(_ request: TransportRequest) async throws(TransportError) -> TransportResponse
    {
        let now = time.now
        let index = state.withLock { state in
            state.attempts.append(ScriptedAttempt(request, at: now))
            state.underWay += 1
            state.underWayMax = max(state.underWayMax, state.underWay)
            return state.attempts.count - 1
        }
        defer {
            let end = time.now
            state.withLock { state in
                state.underWay -= 1
                state.attempts[index].ended = end
            }
        }
        return try await carryOut(reply(request, index), request, from: now)
    }

    private func carryOut(
        _ reply: ScriptedReply, _ request: TransportRequest, from now: Int64
    ) async throws(TransportError) -> TransportResponse {
        let isInTime = reply.delay.map { $0 <= request.timeout } ?? false
        let wait = isInTime ? reply.delay ?? 0 : request.timeout
        do {
            try await time.sleep(
                until: now > .max - wait ? .max : now + wait, kind: isInTime ? .wakeUp : .deadline,
                call: request.call,
                attempt: request.attempt)
        } catch {
            throw TransportError(.cancelled)
        }
        guard isInTime else { throw TransportError(.timedOut) }
        return try reply.result.get()
    }
}

/// What a ``ScriptedTransport`` does with one attempt.
public struct ScriptedReply: Sendable {
    /// Nanoseconds after the send; nil: never.
    let delay: Int64?
    let result: Result<TransportResponse, TransportError>

    private init(_ delay: Duration?, _ result: Result<TransportResponse, TransportError>) {
        self.delay = delay.map { max(0, Int64(clamping: $0.attoseconds / 1_000_000_000)) }
        self.result = result
    }

    /// A complete answer.
    /// - Parameters:
    ///   - status: 100 to 599.
    ///   - delay: from the send on; below zero counts as zero.
    ///   - fields: its header fields.
    ///   - body: its text.
    /// - Returns: the reply.
    public static func status(
        _ status: Int, after delay: Duration = .zero, fields: HTTPFields = [:], body: String = ""
    ) -> ScriptedReply {
        ScriptedReply(
            delay,
            .success(
                TransportResponse(statusCode: status, headerFields: fields, body: Array(body.utf8)))
        )
    }

    /// No answer, for a reason.
    /// - Parameters:
    ///   - code: the reason.
    ///   - message: its details.
    ///   - delay: from the send on; below zero counts as zero.
    /// - Returns: the reply.
    public static func failure(
        _ code: TransportError.Code, _ message: String = "", after delay: Duration = .zero
    ) -> ScriptedReply {
        ScriptedReply(delay, .failure(TransportError(code, message)))
    }

    /// Nothing, until the timeout.
    public static let hang = ScriptedReply(nil, .failure(TransportError(.timedOut)))
}

/// One attempt as a ``ScriptedTransport`` saw it.
public struct ScriptedAttempt: Sendable {
    /// When it was sent, in nanoseconds of the time source.
    public let instant: Int64
    /// When the transport had done with it; nil while it is under way.
    public internal(set) var ended: Int64?
    /// What was sent, credential included.
    public let request: TransportRequest

    init(_ request: TransportRequest, at instant: Int64) {
        self.instant = instant
        self.request = request
    }

    /// The request's method.
    public var method: HTTPRequest.Method { request.method }
    /// Path and query.
    public var target: String { request.target }
    /// All fields that were sent, credential and correlation id included.
    public var headerFields: HTTPFields { request.headerFields }
    /// The body as text; nil where there was none.
    public var body: String? { request.body.map { String(decoding: $0, as: UTF8.self) } }
}
