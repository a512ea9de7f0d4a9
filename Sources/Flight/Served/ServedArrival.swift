package import HTTPTypes

/// A request as it arrives at the upstream, from any client.
package struct ServedArrival: Sendable {
    /// The method from the request line.
    package var method: HTTPRequest.Method
    /// Path and query from the request line.
    package var target: String
    /// All header fields, including credentials; they are never shown.
    package var headerFields: HTTPFields
    /// The body; empty: there is none.
    package var body: [UInt8]

    /// Makes a request that has arrived.
    package init(
        method: HTTPRequest.Method, target: String, headerFields: HTTPFields = [:],
        body: [UInt8] = []
    ) {
        self.method = method
        self.target = target
        self.headerFields = headerFields
        self.body = body
    }

    /// The target without its query, which may contain secrets.
    var path: String { String(target.prefix { $0 != "?" }) }

    /// Whether the method is neither POST nor PATCH, so that a repeated request has no further effect.
    var isIdempotent: Bool { method != .post && method != .patch }

    var hasKey: Bool { headerFields[.idempotencyKey] != nil }

    // MARK: - Redaction

    private static let secretFields: [HTTPField.Name] = [
        .authorization, .proxyAuthorization, .cookie, HTTPField.Name("X-API-Key")!,
        HTTPField.Name("API-Key")!, HTTPField.Name("X-Auth-Token")!,
    ]
    /// Shorter credentials are ignored, since a path may contain them by chance. In bytes.
    private static let secretLengthMin = 6

    /// The values of its credentials, both whole and split into parts.
    var secrets: [String] {
        Self.secretFields.flatMap { headerFields[values: $0] }.flatMap { value in
            [value] + value.split { " ;,=".contains($0) }.map(String.init)
        }.filter { $0.utf8.count >= Self.secretLengthMin }
    }

    /// The path, with credentials replaced by `***`.
    var shownPath: String {
        var shown = path
        // Longest first, since a part of a credential may be another credential.
        for secret in secrets.sorted(by: { $0.utf8.count > $1.utf8.count }) {
            shown.replace(secret, with: "***")
        }
        return shown
    }
}

extension HTTPField.Name {
    static let idempotencyKey = HTTPField.Name("Idempotency-Key")!
    static let requestID = HTTPField.Name("X-Request-Id")!
    static let traceparent = HTTPField.Name("traceparent")!
}
