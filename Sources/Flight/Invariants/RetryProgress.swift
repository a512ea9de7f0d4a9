import APIClient

/// The state of one request that the retry rules need, from the upstream's decisions and the client's reported waits.
struct RetryProgress {
    /// The result of an attempt that its sender knows.
    struct Result {
        var verdict = CircuitBreaker.Verdict.neutral
        /// Whether the result is final, that is, not retryable.
        var isFinal = false
        /// The status of its answer; nil: no answer, or a retry after it has been counted already.
        var status: Int?
        /// The instant before which its Retry-After forbids a retry, in nanoseconds; nil: none.
        var notBefore: Int64?
        /// Whether it had a Retry-After that the upstream model cannot parse.
        var hasUnclearRetryAfter = false
    }

    /// Number of attempts that the upstream has seen.
    var sends: UInt32 = 0
    /// Number of attempts that the client has in flight.
    var underWay: Int32 = 0
    /// The latest result.
    var last = Result()
    /// The instant at which the client last ceased to have an attempt in flight, in nanoseconds.
    var endedAt: Int64 = 0
    /// Whether the client has not acted since then.
    var isBackingOff = false
    /// The last wait that the client reported before a retry. `waited`: its length in nanoseconds.
    var wait: ClientWait?
    var waited: Int64 = 0
    /// The backoff before that one, in nanoseconds; nil: there was none, or Retry-After set its length.
    var previousBackoff: Int64?
    /// Whether the client has waited for its own rate limiter since the previous attempt.
    var waitedForLimiter = false
    /// Number of retries for which the client has reported a wait.
    var retries = 0
    /// Number of sends after a 401. `retriesAfterLimit`: after a 429.
    var retriesAfterUnauthorized: UInt32 = 0
    var retriesAfterLimit: UInt32 = 0
    /// Whether the caller has given up.
    var isCancelled = false

    /// An attempt is over for the client; nil: the upstream has seen no such attempt.
    mutating func attemptEnded(_ verdict: CircuitBreaker.Verdict?, at now: Int64) {
        underWay = max(0, underWay &- 1)
        // While another attempt is under way nothing is waited for.
        guard let verdict, underWay == 0 else { return }
        endedAt = now
        waitedForLimiter = false
        isBackingOff = verdict != .success
    }

    /// The client begins to wait.
    mutating func waits(_ wait: ClientWait, at now: Int64) {
        previousBackoff = self.wait.flatMap { $0.reason == .backoff ? waited : nil }
        self.wait = wait
        waited = wait.until - now
        retries += 1
    }

    /// Counts a retry, once, by the result before it.
    /// - Returns: the status that was counted; nil: the number of retries after it is not limited by status.
    mutating func countRetryAfterAnswer() -> Int? {
        let status = last.status
        last.status = nil
        switch status {
        case 429: retriesAfterLimit += 1
        case 401: retriesAfterUnauthorized += 1
        default: return nil
        }
        return status
    }
}

/// What the client's settings allow a request, given its progress. Pure functions.
extension CheckedPolicy {
    /// The largest number of attempts of a request. After a 401, one more is allowed, with newer credentials.
    func sendsMax(_ progress: RetryProgress) -> Int {
        sendsMax + (progress.retriesAfterUnauthorized > 0 ? 1 : 0)
    }

    /// Whether a retry after an answer of `status`, already counted, is allowed; `text`: the message if not.
    func allows(retryAfter status: Int, _ progress: RetryProgress) -> (holds: Bool, text: String) {
        if status == 429 {
            let (count, limit) = (progress.retriesAfterLimit, retriesAfterLimitMax)
            return (Int(count) <= limit, "\(count) retries after a 429; allowed are \(limit)")
        }
        let count = progress.retriesAfterUnauthorized
        return (count <= 1, "\(count) sends after a 401; allowed is 1, with newer credentials")
    }

    /// The allowed range of a wait before a retry, in nanoseconds from the end of the previous attempt; nil:
    /// Retry-After sets the wait.
    func envelope(_ progress: RetryProgress) -> ClosedRange<Int64>? {
        guard progress.last.notBefore == nil else { return nil }
        // Only the client knows whether it took that Retry-After for a valid date.
        if progress.last.hasUnclearRetryAfter && progress.wait?.reason == .retryAfter { return nil }
        // A client that reports no waits still has its sends counted.
        let retry = progress.retries > 0 ? progress.retries : Int(progress.sends)
        switch jitter {
        case .none: return ceiling(retry)...ceiling(retry)
        case .full: return 0...ceiling(retry)
        case .equal: return ceiling(retry) / 2...ceiling(retry)
        case .decorrelated:
            // After a Retry-After the previous wait is unknown here; the upper limit still applies.
            guard let previous = previousDelay(progress) else { return delayBase...delayMax }
            let (triple, overflow) = previous.multipliedReportingOverflow(by: 3)
            return delayBase...max(delayBase, overflow ? delayMax : min(triple, delayMax))
        }
    }

    /// The range that the wait is drawn from uniformly. nil: unknown, or the deadline or a cancellation lies
    /// within it, so that only short waits would be seen to end.
    ///
    /// - Parameters:
    ///   - progress: the state of the request.
    ///   - arrival: the arrival of the request, in nanoseconds.
    ///   - cancelAt: the instant at which its caller gives up, in nanoseconds; `Int64.max`: never.
    /// - Returns: the range in nanoseconds from the end of the previous attempt.
    ///   - cancelAt: when its caller gives up; `Int64.max`: never.
    /// - Returns: nanoseconds from the end of the attempt before.
    func spread(
        _ progress: RetryProgress, arrival: Int64, cancelAt: Int64
    ) -> ClosedRange<Int64>? {
        guard jitter != .none, let envelope = envelope(progress),
            jitter != .decorrelated || previousDelay(progress) != nil
        else { return nil }
        let latest = progress.endedAt.addingSaturated(envelope.upperBound)
        let deadline = arrival.addingSaturated(totalTimeout)
        return latest < min(deadline, cancelAt) ? envelope : nil
    }

    private func previousDelay(_ progress: RetryProgress) -> Int64? {
        progress.retries == 1 ? delayBase : progress.previousBackoff
    }

    /// The delay before a retry without jitter, in ns: the base, doubled per earlier retry, up to the maximum.
    private func ceiling(_ retry: Int) -> Int64 {
        var delay = delayBase
        for _ in 1..<max(retry, 1) {
            if delay >= delayMax / 2 { return delayMax }
            delay *= 2
        }
        return min(delay, delayMax)
    }
}
