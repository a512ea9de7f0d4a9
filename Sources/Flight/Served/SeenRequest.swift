import APIClient
import Upstream

/// A request of an external client, as the upstream sees it.
final class SeenRequest {
    /// The state of the last attempt.
    enum State {
        /// Its answer is not delivered completely. Valid transitions: all.
        case underWay
        /// The client got a retryable failure, and learned of it within this range of instants, in nanoseconds.
        /// Valid transitions: `underWay`.
        case failed(ClosedRange<Int64>)
        /// The client got a final answer. Valid transitions: `underWay`, if the client retries nevertheless.
        case over(isSuccess: Bool)
    }

    let identity: ServedIdentity
    let fingerprint: Fingerprint
    /// The index of the load that it looks like; nil: none.
    let load: Int?
    let isIdempotent: Bool
    let hasKey: Bool
    let call: CallID
    /// The arrival of its first attempt, in nanoseconds since the start.
    let arrival: Int64
    /// The schema that its answers are checked against; nil: any JSON is valid.
    let schema: JSONSchema?
    /// Its attempts and waits, for the retry rules.
    var retry = RetryProgress()
    /// Number of times that it took effect at the upstream.
    var effects: UInt32 = 0
    var state = State.underWay
    /// The arrival of the last attempt, in nanoseconds since the start.
    var sentAt: Int64
    /// Whether the last attempt hangs, that is, will never be answered.
    var hangs = false
    /// Whether one of its attempts may have been another request.
    var isUnclear = false
    /// Whether, as far as its client knows, the upstream may have acted on one of its attempts.
    var mayHaveActed = false
    /// Whether the client disconnected before the last attempt's end.
    var wasAbandoned = false
    /// The time between the last two attempts, in nanoseconds; nil: fewer than two.
    var lastGap: Int64?
    /// Whether its end is written to the trace.
    var hasEnded = false
    /// The result of its last attempt, for the trace.
    var lastResult = RequestEnding.error(.timeout, .upstream)
    let lines: RequestLines?

    init(
        _ arrival: ServedArrival, _ identity: ServedIdentity, _ fingerprint: Fingerprint,
        number: UInt64, load: Int?, schema: JSONSchema?, at now: Int64, lines: RequestLines?
    ) {
        self.identity = identity
        self.fingerprint = fingerprint
        self.load = load
        self.lines = lines
        isIdempotent = arrival.isIdempotent
        hasKey = arrival.hasKey
        sentAt = now
        call = CallID(request: number)
        self.arrival = now
        self.schema = schema
    }

    var number: UInt64 { call.request }
    var attempts: UInt32 { retry.sends }

    var isUnderWay: Bool { if case .underWay = state { true } else { false } }

    /// The instant until which another attempt is expected: `window` after the failure, or after the end of its
    /// Retry-After. In nanoseconds.
    func awaited(for window: Int64) -> Int64 {
        let latest: Int64 =
            switch state {
            case .underWay: sentAt
            case .failed(let range): max(range.upperBound, retry.last.notBefore ?? 0)
            case .over: max(sentAt, retry.endedAt)
            }
        return latest.addingSaturated(window)
    }

    /// Whether the client may be about to retry: the last attempt has failed, or has been in flight for
    /// `requestTimeout`. All values are in nanoseconds.
    func mayBeRetried(at now: Int64, requestTimeout: Int64, window: Int64) -> Bool {
        guard now <= awaited(for: window) else { return false }
        return switch state {
        case .failed: true
        case .underWay: now >= sentAt.addingSaturated(requestTimeout)
        case .over: false
        }
    }
}
