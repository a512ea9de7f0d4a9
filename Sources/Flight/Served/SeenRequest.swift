import APIClient
import Upstream

/// A request of somebody else's client, as far as it can be told from the upstream's side.
final class SeenRequest {
    /// What has become of the last attempt.
    enum State {
        /// Its answer is not through yet. Valid transitions: all.
        case underWay
        /// The client has got a failure that is worth another attempt; it learnt of it within this
        /// range. Valid transitions: `underWay`.
        case failed(ClosedRange<Int64>)
        /// It has got an answer that leaves nothing to try again. Valid transitions: `underWay`, by a
        /// client that tries all the same.
        case over(isSuccess: Bool)
    }

    let identity: ServedIdentity
    let fingerprint: Fingerprint
    /// The load of the scenario that it looks like; nil: none.
    let load: Int?
    let isIdempotent: Bool
    let hasKey: Bool
    let call: CallID
    /// When its first attempt arrived, in nanoseconds since the start.
    let arrival: Int64
    /// The schema that its answers are checked against; nil: any JSON is valid.
    let schema: JSONSchema?
    /// Its attempts and waits, as the rules about retries ask for them.
    var retry = RetryProgress()
    /// How often the upstream has done what it asks.
    var effects: UInt32 = 0
    var state = State.underWay
    /// When the last attempt arrived.
    var sentAt: Int64
    /// Whether that one will never be answered.
    var hangs = false
    /// Whether one of its attempts may have been another request.
    var isUnclear = false
    /// Whether an attempt before the next one may have had the upstream act, for all that its client knows.
    var mayHaveActed = false
    /// Whether the client went away before the last attempt's end.
    var wasAbandoned = false
    /// How long it was between the last two attempts, in nanoseconds.
    var lastGap: Int64?
    /// Whether its end stands in the trace.
    var hasEnded = false
    /// How its last attempt ended, for the trace.
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

    /// Until when another attempt is looked for: so long after the failure, or after the instant that
    /// the upstream asked to wait for.
    func awaited(for window: Int64) -> Int64 {
        let latest: Int64 =
            switch state {
            case .underWay: sentAt
            case .failed(let range): max(range.upperBound, retry.last.notBefore ?? 0)
            case .over: max(sentAt, retry.endedAt)
            }
        return latest.addingSaturated(window)
    }

    /// Whether the client may be about to try again: it has failed, or hung for as long as a client
    /// waits.
    func mayBeRetried(at now: Int64, requestTimeout: Int64, window: Int64) -> Bool {
        guard now <= awaited(for: window) else { return false }
        return switch state {
        case .failed: true
        case .underWay: now >= sentAt.addingSaturated(requestTimeout)
        case .over: false
        }
    }
}
