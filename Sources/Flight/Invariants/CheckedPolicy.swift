import APIClient

/// The client's configuration as the invariants read it: whole numbers, worked out once.
struct CheckedPolicy {
    let totalTimeout: Int64
    let requestTimeout: Int64
    let sendsMax: Int
    let sendsPerMinute: Int
    let timeToLive: Int64
    let breakerIsEnabled: Bool
    let retriesUnsafeMethods: Bool
    private let delayBase: Int64
    private let delayMax: Int64
    private let jitter: Jitter

    init(_ configuration: APIClient.Configuration) {
        totalTimeout = configuration.totalTimeout.nanoseconds
        requestTimeout = configuration.requestTimeout.nanoseconds
        let retry = configuration.retry
        sendsMax = 1 + (retry.isEnabled ? retry.retriesMax : 0)
        sendsPerMinute = configuration.limiter.sendsPerMinute
        timeToLive = configuration.cache.timeToLive.nanoseconds
        breakerIsEnabled = configuration.breaker.isEnabled
        retriesUnsafeMethods = retry.retriesUnsafeMethods
        delayBase = retry.delayBase.nanoseconds
        delayMax = retry.delayMax.nanoseconds
        jitter = retry.jitter
    }

    /// What a wait before a retry may last by the policy, from the end of the attempt before; nil where
    /// the upstream said when to come back.
    func envelope(_ flown: FlownRequest) -> ClosedRange<Int64>? {
        guard flown.notBefore == nil else { return nil }
        // Whether that was a valid date only the client can tell.
        if flown.wasAskedUnclearly && flown.wait?.reason == .retryAfter { return nil }
        switch jitter {
        case .none: return ceiling(flown.retries)...ceiling(flown.retries)
        case .full: return 0...ceiling(flown.retries)
        case .equal: return ceiling(flown.retries) / 2...ceiling(flown.retries)
        case .decorrelated:
            // After a Retry-After the wait before is not known from here; the cap still binds.
            guard let previous = flown.retries == 1 ? delayBase : flown.previousBackoff else {
                return delayBase...delayMax
            }
            let (triple, overflow) = previous.multipliedReportingOverflow(by: 3)
            return delayBase...max(delayBase, overflow ? delayMax : min(triple, delayMax))
        }
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
