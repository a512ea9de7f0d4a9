import APIClient
import Flight
import HTTPTypes

/// A client that reads the row, waits for 80 ms, and writes the row back.
struct Editor: ClientUnderTest {
    static let thinking: Int64 = 80_000_000
    let environment: ClientEnvironment

    func execute(
        _ request: APIRequest, on line: RequestContext
    ) async throws(APIError) -> APIResponse {
        do {
            let read = try await line.send(
                APIRequest(.get, request.endpoint), timeout: .seconds(1))
            try await environment.time.sleep(
                until: line.now + Self.thinking, kind: .wakeUp, call: line.call, attempt: 1)
            var write = request
            if let version = read.headerFields[.eTag] { write.headers.append("If-Match", version) }
            return line.answer(try await line.send(write, timeout: .seconds(1)))
        } catch {
            throw line.error(.serverError, .upstream, cause: error)
        }
    }
}
