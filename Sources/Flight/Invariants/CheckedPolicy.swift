import APIClient

/// The client's configuration as the invariants read it: whole numbers, worked out once.
struct CheckedPolicy {
    let totalTimeout: Int64
    let requestTimeout: Int64
    let sendsMax: Int
    let retriesAfterLimitMax: Int
    let sendsPerMinute: Int
    let cache: CachePolicy
    let timeToLive: Int64
    let staleIfError: Int64
    let breakerIsEnabled: Bool
    let failuresMin: UInt64
    let openDuration: Int64
    let retriesUnsafeMethods: Bool
    private let delayBase: Int64
    private let delayMax: Int64
    let jitter: Jitter

    init(_ configuration: APIClient.Configuration) {
        totalTimeout = configuration.totalTimeout.nanoseconds
        requestTimeout = configuration.requestTimeout.nanoseconds
        let retry = configuration.retry
        sendsMax = 1 + (retry.isEnabled ? retry.retriesMax : 0)
        retriesAfterLimitMax = retry.rateLimitRetriesMax
        sendsPerMinute = configuration.limiter.sendsPerMinute
        cache = configuration.cache
        timeToLive = configuration.cache.timeToLive.nanoseconds
        staleIfError = configuration.cache.staleIfError.nanoseconds
        breakerIsEnabled = configuration.breaker.isEnabled
        failuresMin = UInt64(max(1, configuration.breaker.failuresMin))
        openDuration = max(1, configuration.breaker.openDuration.nanoseconds)
        retriesUnsafeMethods = retry.retriesUnsafeMethods
        delayBase = retry.delayBase.nanoseconds
        delayMax = retry.delayMax.nanoseconds
        jitter = retry.jitter
    }

    /// How many sends a request may take. Newer credentials after a 401 are worth one more.
    func sendsMax(_ flown: FlownRequest) -> Int {
        sendsMax + (flown.retriesAfterUnauthorized > 0 ? 1 : 0)
    }

    /// Counts a retry by the answer before it, once.
    /// - Returns: what is to be checked, with what to say where it is not allowed; nil where any number of
    ///   retries after such an answer makes sense.
    func countAfterAnswer(_ flown: FlownRequest) -> (isAllowed: Bool, text: String)? {
        defer { flown.answeredWith = nil }
        switch flown.answeredWith {
        case 429:
            flown.retriesAfterLimit += 1
            let (count, limit) = (flown.retriesAfterLimit, retriesAfterLimitMax)
            return (Int(count) <= limit, "\(count) retries after a 429; allowed are \(limit)")
        case 401:
            flown.retriesAfterUnauthorized += 1
            let count = flown.retriesAfterUnauthorized
            return (count <= 1, "\(count) sends after a 401; allowed is 1, with newer credentials")
        default: return nil
        }
    }

    /// What a wait before a retry may last by the policy, from the end of the attempt before; nil where
    /// the upstream said when to come back.
    func envelope(_ flown: FlownRequest) -> ClosedRange<Int64>? {
        guard flown.notBefore == nil else { return nil }
        // Whether that was a valid date only the client can tell.
        if flown.wasAskedUnclearly && flown.wait?.reason == .retryAfter { return nil }
        // A client that does not say that it waits has at least sent.
        let retry = flown.retries > 0 ? flown.retries : Int(flown.upstreamSends)
        switch jitter {
        case .none: return ceiling(retry)...ceiling(retry)
        case .full: return 0...ceiling(retry)
        case .equal: return ceiling(retry) / 2...ceiling(retry)
        case .decorrelated:
            // After a Retry-After the wait before is not known from here; the cap still binds.
            guard let previous = previousDelay(flown) else { return delayBase...delayMax }
            let (triple, overflow) = previous.multipliedReportingOverflow(by: 3)
            return delayBase...max(delayBase, overflow ? delayMax : min(triple, delayMax))
        }
    }

    /// What chance draws that wait from, evenly; nil where that is not known, or where the deadline or a
    /// caller who gives up would cut into it, so that only short waits are ever seen to end.
    func spread(_ flown: FlownRequest) -> ClosedRange<Int64>? {
        guard jitter != .none, let envelope = envelope(flown),
            jitter != .decorrelated || previousDelay(flown) != nil
        else { return nil }
        let latest = flown.endedAt.addingSaturated(envelope.upperBound)
        let deadline = flown.arrival.addingSaturated(totalTimeout)
        return latest < min(deadline, flown.cancelAt) ? envelope : nil
    }

    private func previousDelay(_ flown: FlownRequest) -> Int64? {
        flown.retries == 1 ? delayBase : flown.previousBackoff
    }

    /// The delay of a retry before jitter: the base, doubled by each retry before it, capped.
    private func ceiling(_ retry: Int) -> Int64 {
        var delay = delayBase
        for _ in 1..<max(retry, 1) {
            if delay >= delayMax / 2 { return delayMax }
            delay *= 2
        }
        return min(delay, delayMax)
    }
}
