import APIClient

/// What the rules about retries have to know of one request so far: by the upstream's decisions and the
/// client's announced waits.
struct RetryProgress {
    /// How an attempt ended whose sender knows the result.
    struct Result {
        var verdict = CircuitBreaker.Verdict.neutral
        /// Whether it left nothing to try again.
        var isFinal = false
        /// The status of its answer; nil: it had none. Also nil once a retry after it has been counted.
        var status: Int?
        /// The instant before which it asked not to be asked again, in nanoseconds.
        var notBefore: Int64?
        /// Whether it had a Retry-After that the upstream model itself cannot read.
        var hasUnclearRetryAfter = false
    }

    /// Attempts that the upstream has seen.
    var sends: UInt32 = 0
    /// Attempts that the client has begun and not ended.
    var underWay: Int32 = 0
    /// The result that came last.
    var last = Result()
    /// When the client last had no attempt under way any more, in nanoseconds.
    var endedAt: Int64 = 0
    /// Whether the client has done nothing since then.
    var isBackingOff = false
    /// The last wait that the client announced before a retry, and its length in nanoseconds.
    var wait: ClientWait?
    var waited: Int64 = 0
    /// The backoff before that one, in nanoseconds; nil: there was none, or the upstream said how long.
    var previousBackoff: Int64?
    /// Whether the client has waited for its own rate limit since the attempt before.
    var waitedForLimiter = false
    /// Retries that the client has announced a wait for.
    var retries = 0
    /// Sends that came after a 401, and after a 429.
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

    /// Counts a retry by the result before it, once.
    /// - Returns: the status that was counted; nil where any number of retries after it makes sense.
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

/// What the client's settings allow a request, by its progress. Decides only; counts and changes nothing.
extension CheckedPolicy {
    /// The most attempts that a request may take. Newer credentials after a 401 are worth one more.
    func sendsMax(_ progress: RetryProgress) -> Int {
        sendsMax + (progress.retriesAfterUnauthorized > 0 ? 1 : 0)
    }

    /// Whether a retry that was counted after an answer of `status` is allowed, with what to say if not.
    func allows(retryAfter status: Int, _ progress: RetryProgress) -> (holds: Bool, text: String) {
        if status == 429 {
            let (count, limit) = (progress.retriesAfterLimit, retriesAfterLimitMax)
            return (Int(count) <= limit, "\(count) retries after a 429; allowed are \(limit)")
        }
        let count = progress.retriesAfterUnauthorized
        return (count <= 1, "\(count) sends after a 401; allowed is 1, with newer credentials")
    }

    /// The range that a wait before a retry may lie in, in nanoseconds from the end of the attempt before; nil
    /// where the upstream said when to come back.
    func envelope(_ progress: RetryProgress) -> ClosedRange<Int64>? {
        guard progress.last.notBefore == nil else { return nil }
        // Whether that was a valid date only the client can tell.
        if progress.last.hasUnclearRetryAfter && progress.wait?.reason == .retryAfter { return nil }
        // A client that does not announce its waits has at least sent.
        let retry = progress.retries > 0 ? progress.retries : Int(progress.sends)
        switch jitter {
        case .none: return ceiling(retry)...ceiling(retry)
        case .full: return 0...ceiling(retry)
        case .equal: return ceiling(retry) / 2...ceiling(retry)
        case .decorrelated:
            // After a Retry-After the wait before is not known from here; the cap still binds.
            guard let previous = previousDelay(progress) else { return delayBase...delayMax }
            let (triple, overflow) = previous.multipliedReportingOverflow(by: 3)
            return delayBase...max(delayBase, overflow ? delayMax : min(triple, delayMax))
        }
    }

    /// The range that the wait is drawn from, evenly. nil where that is not known, or where the deadline or a
    /// caller who gives up would cut into it, so that only short waits are ever seen to end.
    ///
    /// - Parameters:
    ///   - progress: of the request.
    ///   - arrival: when it arrived, in nanoseconds.
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

    /// The delay before a retry without jitter: the base, doubled by each retry before it, up to the cap.
    private func ceiling(_ retry: Int) -> Int64 {
        var delay = delayBase
        for _ in 1..<max(retry, 1) {
            if delay >= delayMax / 2 { return delayMax }
            delay *= 2
        }
        return min(delay, delayMax)
    }
}
