import HTTPTypes

extension APIRequest {
    /// The violations of the rules of REQ-01 section 4.2; empty if the request may be sent.
    func issues() -> [FieldIssue] {
        var issues: [FieldIssue] = []
        if !hasValidEndpoint {
            issues.append(
                FieldIssue(field: "endpoint", reason: "must match ^/[a-zA-Z0-9/_-]+$"))
        }
        if !Self.methods.contains(method) {
            issues.append(
                FieldIssue(field: "method", reason: "must be one of GET, POST, PUT, DELETE, PATCH"))
        }
        if !headers.rejected.isEmpty { issues += headers.rejected }
        if let body {
            if !method.carriesBody {
                issues.append(
                    FieldIssue(field: "body", reason: "goes with POST, PUT and PATCH only"))
            } else if !body.isEncoded, (try? JSONValue(parsing: body.bytes)) == nil {
                issues.append(.notJSON)
            }
        }
        return issues
    }

    private static let methods: [HTTPRequest.Method] = [.get, .post, .put, .delete, .patch]

    static func isEndpoint(_ text: String) -> Bool {
        var text = text
        return text.withUTF8 { bytes in
            guard bytes.count > 1, unsafe bytes[0] == UInt8(ascii: "/") else { return false }
            for index in 1..<bytes.count {
                switch unsafe bytes[index] {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "/"), UInt8(ascii: "_"),
                    UInt8(ascii: "-"):
                    continue
                default: return false
                }
            }
            return true
        }
    }
}

extension APIClient.Configuration {
    /// The invalid settings; empty if a client can be made of them.
    ///
    /// The properties can be set one by one, so the initialisers' preconditions are not enough.
    func issues() -> [FieldIssue] {
        var issues: [FieldIssue] = []
        func require(_ isValid: Bool, _ field: String, _ reason: String) {
            if !isValid { issues.append(FieldIssue(field: field, reason: reason)) }
        }
        require(
            BaseURL(baseURL) != nil, "API_BASE_URL",
            "must be like https://api.example.com:8443/base, without user, query, fragment")
        require(requestTimeout.nanoseconds > 0, "REQUEST_TIMEOUT_MS", "must be above zero")
        require(totalTimeout.nanoseconds > 0, "TOTAL_TIMEOUT_MS", "must be above zero")
        require(retry.retriesMax >= 0, "MAX_RETRIES", "must be 0 or more")
        require(retry.rateLimitRetriesMax >= 0, "RATE_LIMIT_RETRIES", "must be 0 or more")
        require(retry.delayBase > .zero, "RETRY_BASE_DELAY_MS", "must be above zero")
        require(
            retry.delayMax >= retry.delayBase, "RETRY_MAX_DELAY_MS", "must not be below the base")
        require(breaker.failuresMin >= 1, "CIRCUIT_BREAKER_THRESHOLD", "must be at least 1")
        require(breaker.openDuration > .zero, "CIRCUIT_BREAKER_TIMEOUT_S", "must be above zero")
        require(cache.timeToLive > .zero, "CACHE_TTL_SECONDS", "must be above zero")
        require(cache.staleIfError >= .zero, "STALE_IF_ERROR_S", "must be 0 or more")
        require(cache.entriesMax >= 1, "CACHE_ENTRIES_MAX", "must be at least 1")
        require(limiter.sendsPerMinute >= 0, "RATE_LIMIT_PER_MINUTE", "must be 0 or more")
        return issues
    }
}

extension HTTPRequest.Method {
    var carriesBody: Bool { self == .post || self == .put || self == .patch }

    /// Whether sending twice has the same effect as sending once (RFC 9110 section 9.2.2).
    var isIdempotent: Bool { self == .get || self == .put || self == .delete }

    /// Whether the method may change what a GET of its path answers.
    var isWrite: Bool { self != .get }
}
