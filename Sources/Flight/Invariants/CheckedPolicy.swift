import APIClient

/// The client's settings for the checkers: integers, durations in nanoseconds, converted once.
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
    let delayBase: Int64
    let delayMax: Int64
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
}
