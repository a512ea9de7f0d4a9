package import HTTPTypes

/// A request as the upstream's side of the wire sees it arrive, whoever sent it.
package struct ServedArrival: Sendable {
    /// As it stands in the request line.
    package var method: HTTPRequest.Method
    /// Path and query, as they stand in the request line.
    package var target: String
    /// All header fields, credentials included; none of them is ever shown.
    package var headerFields: HTTPFields
    /// Empty where there is none.
    package var body: [UInt8]

    /// A request that has arrived.
    package init(
        method: HTTPRequest.Method, target: String, headerFields: HTTPFields = [:],
        body: [UInt8] = []
    ) {
        self.method = method
        self.target = target
        self.headerFields = headerFields
        self.body = body
    }

    /// The target without its query, which may hold anything.
    var path: String { String(target.prefix { $0 != "?" }) }

    /// Whether doing it twice does no more than doing it once.
    var isIdempotent: Bool { method != .post && method != .patch }

    var hasKey: Bool { headerFields[.idempotencyKey] != nil }

    // MARK: - What may be shown

    private static let secretFields: [HTTPField.Name] = [
        .authorization, .proxyAuthorization, .cookie, HTTPField.Name("X-API-Key")!,
        HTTPField.Name("API-Key")!, HTTPField.Name("X-Auth-Token")!,
    ]
    /// Shorter ones are words that a path may hold by chance.
    private static let secretLengthMin = 6

    /// The values of its credentials, whole and in their parts.
    var secrets: [String] {
        Self.secretFields.flatMap { headerFields[values: $0] }.flatMap { value in
            [value] + value.split { " ;,=".contains($0) }.map(String.init)
        }.filter { $0.utf8.count >= Self.secretLengthMin }
    }

    /// The path, with `***` where it repeats a credential.
    var shownPath: String {
        var shown = path
        // The longest first: a part of it may be a credential too.
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
