/// The scheme, authority and path prefix of the setting API_BASE_URL.
final class BaseURL: Sendable {
    let scheme: String
    let authority: String
    /// Empty, or begins with a slash and does not end with one.
    let prefix: String

    /// Parses a text such as `https://api.example.com/base/`. nil if the scheme is not http or
    /// https, the authority is missing or malformed, or the text has user information (which would
    /// end up in logs), a query or a fragment.
    init?(_ text: String) {
        let parts = text.split(separator: "://", maxSplits: 1, omittingEmptySubsequences: false)
        // Schemes are case-insensitive (RFC 3986 section 3.1).
        let scheme = parts[0].lowercased()
        guard parts.count == 2, scheme == "http" || scheme == "https" else { return nil }
        let rest = parts[1]
        let allowed = rest.utf8.allSatisfy {
            $0 > 32 && $0 < 127 && !"?#@\\\"<>{}|^`".utf8.contains($0)
        }
        let end = rest.firstIndex(of: "/") ?? rest.endIndex
        guard allowed, Self.isAuthority(rest[..<end]) else { return nil }
        self.scheme = scheme
        authority = String(rest[..<end])
        var prefix = rest[end...]
        while prefix.hasSuffix("/") { prefix.removeLast() }
        self.prefix = String(prefix)
    }

    /// Takes a scheme and an authority without checking them, for a transport request of its own.
    init(scheme: String, authority: String) {
        self.scheme = scheme
        self.authority = authority
        prefix = ""
    }

    /// Whether the text is a host, in brackets if it is an IPv6 address, with or without a port in
    /// 0...65 535.
    private static func isAuthority(_ text: Substring) -> Bool {
        var host = text
        var port: Substring?
        if text.first == "[" {
            guard let bracket = text.firstIndex(of: "]") else { return false }
            host = text[text.index(after: text.startIndex)..<bracket]
            let rest = text[text.index(after: bracket)...]
            guard rest.isEmpty || rest.first == ":" else { return false }
            port = rest.isEmpty ? nil : rest.dropFirst()
            guard host.utf8.allSatisfy({ isHexadecimal($0) || ":.".utf8.contains($0) }) else {
                return false
            }
        } else {
            if let colon = text.firstIndex(of: ":") {
                host = text[..<colon]
                port = text[text.index(after: colon)...]
            }
            guard !host.contains(where: { "[]".contains($0) }) else { return false }
        }
        guard !host.isEmpty else { return false }
        guard let port else { return true }
        return port.utf8.allSatisfy { FieldSyntax.digit($0) != nil } && UInt16(port) != nil
    }

    private static func isHexadecimal(_ byte: UInt8) -> Bool {
        FieldSyntax.digit(byte) != nil
            || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte | 0x20)
    }
}
