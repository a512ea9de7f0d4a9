import APIClient
import HTTPTypes

/// A request that is answered at its first attempt, at once: limiter, breaker, credentials, retry and
/// correlation id are all on.
enum HappyPath: String, CaseIterable {
    /// The request asks for no cached answer.
    case uncached = "request, cache not asked"
    /// The cache is asked, has nothing, and may not keep the answer: key, look-up and single flight.
    case missed = "request, cache miss, not stored"

    var request: APIRequest { APIRequest(.get, "/v1/things", useCache: self == .missed) }

    func client() throws -> APIClient {
        // So many that no request waits, but each is entered and old ones leave.
        let limiter = LimiterPolicy(sendsPerMinute: 1_000_000_000)
        return try APIClient(
            configuration: .init(baseURL: "https://api.example.com", limiter: limiter),
            transport: InstantTransport(),
            credentials: StaticCredentials(.apiKey(Secret("not-a-real-key"), identity: "bench")))
    }
}

/// Answers at once, always the same.
struct InstantTransport: Transport {
    private let answer = TransportResponse(
        statusCode: 200,
        headerFields: [.contentType: "application/json", .cacheControl: "no-store"],
        body: Array(#"{"id":12345,"name":"thing"}"#.utf8))

    func send(_ request: TransportRequest) async throws(TransportError) -> TransportResponse {
        answer
    }
}
