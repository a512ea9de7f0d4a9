import APIClient
import Flight
import Simulation

/// Sends a second attempt (a hedge) if the first has no answer after a delay, takes the first answer, and
/// cancels the other attempt.
struct RacingClient: ClientUnderTest {
    /// The delay before the second attempt.
    static let hedgeDelay = Duration.milliseconds(100)

    func execute(
        _ request: APIRequest, on context: RequestContext
    ) async throws(APIError) -> APIResponse {
        let won = await withTaskGroup(of: TransportResponse?.self) { group in
            group.addTask { try? await context.send(request, timeout: .seconds(5)) }
            group.addTask {
                do {
                    try await context.pause(Self.hedgeDelay)
                    return try await context.send(request, timeout: .seconds(5))
                } catch { return nil }
            }
            var won: TransportResponse?
            for await response in group where won == nil {
                guard let response, response.statusCode < 500 else { continue }
                won = response
                group.cancelAll()
            }
            return won
        }
        guard let won else { throw context.error(.serverError, .upstream) }
        return context.answer(won)
    }
}
