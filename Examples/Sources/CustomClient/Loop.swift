import APIClient
import Flight

/// A simple retry loop: at most six attempts, with 100 ms between them.
struct Loop: ClientUnderTest {
    func execute(
        _ request: APIRequest, on line: RequestContext
    ) async throws(APIError) -> APIResponse {
        for _ in 1...6 {
            do {
                let response = try await line.send(request, timeout: .seconds(10))
                if response.statusCode < 400 { return line.answer(response) }
            } catch {
                line.log("\(request.method) \(request.endpoint): \(error)")
            }
            do {
                try await line.wait(.milliseconds(100))
            } catch {
                throw line.error(.cancelled, .client)
            }
        }
        throw line.error(.serverError, .upstream)
    }
}
