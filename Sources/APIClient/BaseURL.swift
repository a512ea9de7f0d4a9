/// Scheme, authority and path prefix of API_BASE_URL.
struct BaseURL: Sendable {
    let scheme: String
    let authority: String
    /// Empty, or begins with a slash and does not end with one.
    let prefix: String

    /// - Parameter text: such as `https://api.example.com/base/`.
    /// - Returns: nil where there is no http(s) scheme, no authority, user information (which would
    ///   end up in logs), a query or a fragment.
    init?(_ text: String) {
        let parts = text.split(separator: "://", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0] == "http" || parts[0] == "https" else { return nil }
        let rest = parts[1]
        let allowed = rest.utf8.allSatisfy {
            $0 > 32 && $0 < 127 && !"?#@\\\"<>{}|^`".utf8.contains($0)
        }
        let end = rest.firstIndex(of: "/") ?? rest.endIndex
        guard allowed, end > rest.startIndex else { return nil }
        scheme = String(parts[0])
        authority = String(rest[..<end])
        var prefix = rest[end...]
        while prefix.hasSuffix("/") { prefix.removeLast() }
        self.prefix = String(prefix)
    }
}
