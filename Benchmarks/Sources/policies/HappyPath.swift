import APIClient
import HTTPTypes

/// A request that is answered at once at its first attempt. Limiter, breaker, credentials, retry
/// and correlation id are all enabled.
enum HappyPath: String, CaseIterable {
    /// The request does not use the cache.
    case uncached = "request, cache not asked"
    /// The cache has no entry and must not store the answer. This measures key, look-up and single
    /// flight.
    case missed = "request, cache miss, not stored"

    var request: APIRequest { APIRequest(.get, "/v1/things", useCache: self == .missed) }

    func client() throws -> APIClient {
        // The limit is so high that no request waits, but sends are still recorded and expire.
        let limiter = LimiterPolicy(sendsPerMinute: 1_000_000_000)
        return try APIClient(
            configuration: .init(baseURL: "https://api.example.com", limiter: limiter),
            transport: InstantTransport(),
            credentials: StaticCredentials(.apiKey(Secret("not-a-real-key"), identity: "bench")))
    }
}

/// A transport that gives the same answer at once.
struct InstantTransport: Transport {
    private let answer = TransportResponse(
        statusCode: 200,
        headerFields: [.contentType: "application/json", .cacheControl: "no-store"],
        body: Array(#"{"id":12345,"name":"thing"}"#.utf8))

    func send(_ request: TransportRequest) async throws(TransportError) -> TransportResponse {
        answer
    }
}
