/// What a response's `Cache-Control` says, as far as this client's cache obeys.
///
/// RFC 9111 section 5.2. Where a field is malformed the answer counts as stale rather than fresh (section 4.2.1).
struct CacheDirectives: Hashable {
    private(set) var noStore = false
    /// Also for `no-cache="field"`: section 5.2.2.4 lets a cache treat it as the plain form.
    private(set) var noCache = false
    /// Also for `private="field"`, by section 5.2.2.7.
    private(set) var isPrivate = false
    /// Seconds; 0 where the value is malformed, or two of them contradict each other.
    private(set) var maxAge: Int64?

    /// - Parameter fieldValues: the values of all `Cache-Control` lines, in their order.
    init(fieldValues: some Sequence<String>) {
        for value in fieldValues {
            var scanner = DirectiveScanner(value.utf8)
            while let directive = scanner.next() { apply(directive) }
        }
    }

    private mutating func apply(_ directive: DirectiveScanner.Directive) {
        switch directive.name {
        case "no-store": noStore = true
        case "no-cache": noCache = true
        case "private": isPrivate = true
        case "max-age":
            let seconds = directive.argument.flatMap { FieldSyntax.deltaSeconds($0) } ?? 0
            maxAge = maxAge == nil || maxAge == seconds ? seconds : 0
        default: break
        }
        // An open quote has swallowed the rest of the line, and who knows what stood there.
        if directive.isUnterminated { maxAge = 0 }
    }

    /// How long an answer to a GET is fresh.
    ///
    /// - Parameters:
    ///   - status: the answer's status.
    ///   - cacheControl: the values of its `Cache-Control` lines.
    ///   - age: its `Age`: seconds that it has already spent in caches on the way. Ignored where
    ///     malformed, as RFC 9111 section 5.1 asks.
    ///   - vary: the values of its `Vary` lines.
    ///   - policy: the longest that anything is fresh.
    /// - Returns: nanoseconds above 0; `nil` where the answer is not stored at all.
    static func freshness(
        status: Int, cacheControl: [String], age: String?, vary: [String], policy: CachePolicy
    ) -> Int64? {
        guard policy.isEnabled, status == 200 || status == 203 || status == 204,
            !vary.contains(where: variesOnEverything)
        else { return nil }
        let directives = CacheDirectives(fieldValues: cacheControl)
        if directives.noStore || directives.noCache || directives.isPrivate { return nil }
        var life = policy.timeToLive.nanoseconds
        if let maxAge = directives.maxAge {
            // Both at least 0, so the difference fits.
            let left = maxAge - (age.flatMap(seconds(ofAge:)) ?? 0)
            life = min(life, left.multipliedSaturated(by: 1_000_000_000))
        }
        return life > 0 ? life : nil
    }

    /// Of several members the first counts, by section 5.1.
    private static func seconds(ofAge value: String) -> Int64? {
        FieldSyntax.deltaSeconds(
            FieldSyntax.trimmed(value.utf8.prefix { $0 != UInt8(ascii: ",") }))
    }

    private static func variesOnEverything(_ value: String) -> Bool {
        value.utf8.split(separator: UInt8(ascii: ",")).contains {
            FieldSyntax.trimmed($0).elementsEqual([UInt8(ascii: "*")])
        }
    }
}

/// Takes a list of directives apart.
///
/// Each is `token [ "=" ( token / quoted-string ) ]`; commas separate them.
private struct DirectiveScanner {
    struct Directive {
        /// In lower case.
        var name: String
        /// Without quotes and escapes; `nil` where there is none or it is malformed.
        var argument: [UInt8]?
        var isUnterminated = false
    }

    private static let comma = UInt8(ascii: ",")
    private static let equals = UInt8(ascii: "=")
    private static let quote = UInt8(ascii: "\"")
    private static let backslash = UInt8(ascii: "\\")

    private var rest: Substring.UTF8View

    init(_ value: String.UTF8View) { rest = value[...] }

    /// The next directive; empty list members, which section 5.6.1 of RFC 9110 allows, are skipped.
    mutating func next() -> Directive? {
        while let first = rest.first, first == Self.comma || FieldSyntax.isWhitespace(first) {
            rest.removeFirst()
        }
        if rest.isEmpty { return nil }
        // A quote opens a string only after "=". Elsewhere it is an error that must not hide what
        // follows: `max-age=6", no-store` is still not stored.
        let name = FieldSyntax.trimmed(take { $0 != Self.comma && $0 != Self.equals })
        var directive = Directive(name: Self.lowercased(name))
        if rest.first == Self.equals {
            // Whitespace around "=" is wrong, but leaves no doubt about what was meant.
            rest = rest.dropFirst().drop(while: FieldSyntax.isWhitespace)
            if rest.first == Self.quote {
                takeQuotedArgument(into: &directive)
            } else {
                directive.argument = Array(FieldSyntax.trimmed(take { $0 != Self.comma }))
            }
        }
        return directive
    }

    private mutating func takeQuotedArgument(into directive: inout Directive) {
        rest.removeFirst()
        var text: [UInt8] = []
        while let byte = rest.popFirst() {
            if byte == Self.quote {
                let garbage = FieldSyntax.trimmed(take { $0 != Self.comma })
                if garbage.isEmpty { directive.argument = text }
                return
            }
            if let plain = byte == Self.backslash ? rest.popFirst() : byte { text.append(plain) }
        }
        directive.isUnterminated = true
    }

    private mutating func take(while condition: (UInt8) -> Bool) -> Substring.UTF8View {
        let taken = rest.prefix(while: condition)
        rest = rest[taken.endIndex...]
        return taken
    }

    /// ASCII letters only: a directive's name is a token.
    private static func lowercased(_ name: some Sequence<UInt8>) -> String {
        String(decoding: name.map { $0 >= 0x41 && $0 <= 0x5a ? $0 | 0x20 : $0 }, as: UTF8.self)
    }
}
