import APIClient
import CoreMetrics
import Flight
import HTTPTypes
import Synchronization

/// A simple retry loop over a plain transport. Without a habit it follows the rules; each habit
/// breaks one.
final class NaiveLoop: ClientUnderTest {
    /// Common faults of such loops.
    enum Habit: Sendable, Hashable {
        case ignoresRetryAfter
        case takesSecondsForMilliseconds
        case retriesOnceTooOften
        case retriesEvery429
        case waitsTheCeiling
        case waitsNothing
        case waitsTheUpperHalf
        case retriesWrites
        case retriesNotFound
        case sendsAfterTheDeadline
        case hasNoTimeout
        case survivesItsCaller
        case logsTheKey
        case labelsAMetricWithTheKey
        case countsByTheMinute
    }

    let environment: ClientEnvironment
    let habit: Habit?
    private let minutes = Mutex<(number: Int64, sends: Int)>((0, 0))

    init(_ environment: ClientEnvironment, _ habit: Habit? = nil) {
        (self.environment, self.habit) = (environment, habit)
    }

    func execute(
        _ request: APIRequest, on line: RequestContext
    ) async throws(APIError) -> APIResponse {
        let policy = environment.configuration
        let deadline = line.arrival + nanoseconds(policy.totalTimeout)
        let retriesMax = policy.retry.retriesMax + (habit == .retriesOnceTooOften ? 1 : 0)
        var retries = 0
        var limited = 0
        while true {
            let left = Duration.nanoseconds(deadline - line.now)
            if left <= .zero && habit != .sendsAfterTheDeadline {
                throw line.error(.timeout, .client)
            }
            if habit == .countsByTheMinute, !hasRoom(in: line.now / 60_000_000_000) {
                throw line.error(.rateLimitExceeded, .client)
            }
            if habit == .logsTheKey, let key = environment.credentials.presentCredential?.secret {
                line.log("GET with key \(key.exposed)")
            }
            if habit == .labelsAMetricWithTheKey,
                let key = environment.credentials.presentCredential?.secret
            {
                _ = environment.metrics.makeCounter(
                    label: "requests_total", dimensions: [("key", key.exposed)])
            }
            var timeout = min(policy.requestTimeout, left)
            if habit == .hasNoTimeout { timeout = .seconds(600) }
            if habit == .sendsAfterTheDeadline { timeout = policy.requestTimeout }
            let outcome: Result<TransportResponse, TransportError>
            do {
                outcome = .success(try await line.send(request, timeout: timeout))
            } catch {
                outcome = .failure(error)
            }
            if case .success(let response) = outcome, !isWorthARetry(response.statusCode) {
                return line.answer(response)
            }
            let isSafe = request.method == .get || habit == .retriesWrites
            guard retries < retriesMax, isSafe else { throw line.error(.serverError, .upstream) }
            if case .success(let response) = outcome, response.statusCode == 429 {
                guard limited < policy.retry.rateLimitRetriesMax || habit == .retriesEvery429 else {
                    throw line.error(.rateLimitExceeded, .upstream)
                }
                limited += 1
            }
            retries += 1
            try await wait(retries, after: outcome, until: deadline, line)
        }
    }

    private func isWorthARetry(_ status: Int) -> Bool {
        [408, 429, 500, 502, 503, 504].contains(status)
            || status == 404 && habit == .retriesNotFound
    }

    private func wait(
        _ retry: Int, after outcome: Result<TransportResponse, TransportError>,
        until deadline: Int64, _ line: RequestContext
    ) async throws(APIError) {
        var wait = backoff(retry, line)
        var reason = ClientWait.Reason.backoff
        if case .success(let response) = outcome, let asked = response.headerFields[.retryAfter],
            let number = Int(asked), habit != .ignoresRetryAfter
        {
            wait = habit == .takesSecondsForMilliseconds ? .milliseconds(number) : .seconds(number)
            reason = .retryAfter
        }
        if .nanoseconds(line.now) + wait >= .nanoseconds(deadline),
            habit != .sendsAfterTheDeadline
        {
            throw line.error(.timeout, .client)
        }
        do {
            try await line.wait(wait, reason)
        } catch {
            if habit != .survivesItsCaller { throw line.error(.cancelled, .client) }
        }
    }

    private func backoff(_ retry: Int, _ line: RequestContext) -> Duration {
        let policy = environment.configuration.retry
        let ceiling = min(policy.delayMax, policy.delayBase * (1 << (retry - 1)))
        let width = nanoseconds(ceiling)
        switch habit {
        case .waitsTheCeiling: return ceiling
        case .waitsNothing: return .zero
        case .waitsTheUpperHalf:
            return .nanoseconds(width / 2 + Int64(line.draw(below: UInt64(width / 2))))
        default: return .nanoseconds(Int64(line.draw(below: UInt64(width + 1))))
        }
    }

    /// A rate limit with a count that starts again in each minute of the clock.
    private func hasRoom(in minute: Int64) -> Bool {
        minutes.withLock { minutes in
            if minutes.number != minute { minutes = (minute, 0) }
            minutes.sends += 1
            return minutes.sends <= environment.configuration.limiter.sendsPerMinute
        }
    }

    private func nanoseconds(_ duration: Duration) -> Int64 {
        Int64(duration / .nanoseconds(1))
    }
}
