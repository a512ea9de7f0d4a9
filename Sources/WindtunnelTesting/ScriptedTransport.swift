public import APIClient
public import HTTPTypes
import Synchronization

/// A transport that answers attempts from a script, on any time source, and records what was sent.
///
///     let simulation = Simulation()
///     let transport = ScriptedTransport(
///         time: SimulatedTime(simulation), [.status(503), .status(200, after: .milliseconds(5))])
///
/// It follows all rules of ``Transport``: an answer at exactly the timeout is in time, a later one
/// and a hang end with `timedOut` at the timeout, and a cancelled task gets `cancelled`.
public final class ScriptedTransport: Transport {
    private struct State {
        var attempts: [ScriptedAttempt] = []
        var underWay = 0
        var underWayMax = 0
    }

    private let time: any TimeSource
    private let reply: @Sendable (TransportRequest, Int) -> ScriptedReply
    private let state = Mutex(State())

    /// Makes a transport with a fixed list of replies.
    /// - Parameters:
    ///   - time: measures delays and timeouts.
    ///   - script: the replies, in the order of the attempts.
    ///   - last: the reply to all further attempts. Defaults to `connectionRefused`.
    public convenience init(
        time: any TimeSource, _ script: [ScriptedReply],
        last: ScriptedReply = .failure(.connectionRefused, "the script is at its end")
    ) {
        self.init(time: time) { _, index in index < script.count ? script[index] : last }
    }

    /// Makes a transport that computes its replies.
    /// - Parameters:
    ///   - time: measures delays and timeouts.
    ///   - reply: returns the reply to an attempt; its index is 0 for the transport's first
    ///     attempt.
    public init(
        time: any TimeSource,
        reply: @escaping @Sendable (_ request: TransportRequest, _ index: Int) -> ScriptedReply
    ) {
        self.time = time
        self.reply = reply
    }

    /// The attempts so far, in the order in which they were sent.
    public var attempts: [ScriptedAttempt] { state.withLock { $0.attempts } }

    /// The largest number of attempts that were under way at the same time.
    public var underWayMax: Int { state.withLock { $0.underWayMax } }

    /// Waits for the delay of the script's next reply, then returns or throws its result.
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

/// The reply of a ``ScriptedTransport`` to one attempt.
public struct ScriptedReply: Sendable {
    /// Nanoseconds from the send to the reply; nil: it never comes.
    let delay: Int64?
    let result: Result<TransportResponse, TransportError>

    private init(_ delay: Duration?, _ result: Result<TransportResponse, TransportError>) {
        self.delay = delay.map { max(0, Int64(clamping: $0.attoseconds / 1_000_000_000)) }
        self.result = result
    }

    /// Makes a reply with a complete answer.
    /// - Parameters:
    ///   - status: the HTTP status, 100 to 599.
    ///   - delay: the time from the send to the answer. Defaults to zero; below zero counts as
    ///     zero.
    ///   - fields: the header fields. Defaults to none.
    ///   - body: the body as text. Defaults to empty.
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

    /// Makes a reply with an error.
    /// - Parameters:
    ///   - code: the kind of the failure.
    ///   - message: its details. Defaults to empty.
    ///   - delay: the time from the send to the failure. Defaults to zero; below zero counts as
    ///     zero.
    /// - Returns: the reply.
    public static func failure(
        _ code: TransportError.Code, _ message: String = "", after delay: Duration = .zero
    ) -> ScriptedReply {
        ScriptedReply(delay, .failure(TransportError(code, message)))
    }

    /// No answer, so that the attempt ends with `timedOut` at its timeout.
    public static let hang = ScriptedReply(nil, .failure(TransportError(.timedOut)))
}

/// An attempt as a ``ScriptedTransport`` received it.
public struct ScriptedAttempt: Sendable {
    /// The instant of the send, in nanoseconds of the time source.
    public let instant: Int64
    /// The instant at which the transport returned, in nanoseconds; nil while the attempt is under
    /// way.
    public internal(set) var ended: Int64?
    /// The attempt as it was sent, credential included.
    public let request: TransportRequest

    init(_ request: TransportRequest, at instant: Int64) {
        self.instant = instant
        self.request = request
    }

    /// The HTTP method.
    public var method: HTTPRequest.Method { request.method }
    /// Path and query.
    public var target: String { request.target }
    /// All header fields that were sent, credential and correlation id included.
    public var headerFields: HTTPFields { request.headerFields }
    /// The body as text; nil if there was none.
    public var body: String? { request.body.map { String(decoding: $0, as: UTF8.self) } }
}
