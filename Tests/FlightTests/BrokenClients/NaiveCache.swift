import APIClient
import Flight
import Synchronization

/// A client that caches answers in a dictionary for as long as allowed. Each habit breaks a rule.
final class NaiveCache: ClientUnderTest {
    /// Common faults of such caches.
    enum Habit: Sendable, Hashable {
        /// Concurrent misses each send a request.
        case fetchesSideBySide
        case keepsErrors
        /// Every answer is fresh for the time in the client's settings.
        case doesNotReadCacheControl
    }

    private struct Kept {
        let response: APIResponse
        let at: Int64
    }

    private let environment: ClientEnvironment
    private let habit: Habit
    private let kept = Mutex<[String: Kept]>([:])

    init(_ environment: ClientEnvironment, _ habit: Habit) {
        (self.environment, self.habit) = (environment, habit)
    }

    func execute(
        _ request: APIRequest, on line: RequestContext
    ) async throws(APIError) -> APIResponse {
        let life = Int64(environment.configuration.cache.timeToLive / .nanoseconds(1))
        if let known = kept.withLock({ $0[request.endpoint] }), line.now - known.at < life {
            var response = known.response
            response.cached = true
            return response
        }
        let response: APIResponse
        do {
            response = line.answer(
                try await line.send(request, timeout: environment.configuration.requestTimeout))
        } catch {
            throw line.error(.serverError, .upstream, cause: error)
        }
        if response.isSuccess || habit == .keepsErrors {
            kept.withLock { $0[request.endpoint] = Kept(response: response, at: line.now) }
        }
        return response
    }
}
