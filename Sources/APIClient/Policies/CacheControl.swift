/// The directives of an answer's `Cache-Control` that this cache obeys (RFC 9111 section 5.2).
///
/// A malformed field makes the answer stale rather than fresh (section 4.2.1).
package struct CacheDirectives: Hashable {
    private(set) var noStore = false
    /// Also set by `no-cache="field"`, which a cache may treat as the plain form (section 5.2.2.4).
    private(set) var noCache = false
    /// Also set by `private="field"`, which a cache may treat as the plain form (section 5.2.2.7).
    private(set) var isPrivate = false
    /// The answer must not be served once it is stale, not even after an error (section 5.2.2.2).
    package private(set) var mustRevalidate = false
    /// The value of `max-age` in seconds; 0 if it is malformed or two values differ; nil if there
    /// is none.
    private(set) var maxAge: Int64?

    /// Parses the directives.
    /// - Parameter fieldValues: the values of all `Cache-Control` lines, in order.
    package init(fieldValues: some Sequence<String>) {
        for value in fieldValues {
            let text = value.utf8.span
            var scanner = DirectiveScanner()
            while let directive = scanner.next(in: text) { apply(directive, in: text) }
        }
    }

    private mutating func apply(
        _ directive: DirectiveScanner.Directive, in text: borrowing Span<UInt8>
    ) {
        switch directive.name.count {
        case 7:
            if text.holds("private", at: directive.name) {
                isPrivate = true
            } else if text.holds("max-age", at: directive.name) {
                let seconds = directive.seconds(in: text) ?? 0
                maxAge = maxAge == nil || maxAge == seconds ? seconds : 0
            }
        case 8:
            if text.holds("no-store", at: directive.name) {
                noStore = true
            } else if text.holds("no-cache", at: directive.name) {
                noCache = true
            }
        case 15:
            if text.holds("must-revalidate", at: directive.name) { mustRevalidate = true }
        default: break
        }
        // An unclosed quote has swallowed the rest of the line, which may have held any directive.
        if directive.isUnterminated { maxAge = 0 }
    }

    /// How long an answer to a GET is fresh.
    ///
    /// - Parameters:
    ///   - status: the HTTP status of the answer.
    ///   - age: the value of `Age`: the seconds that the answer has spent in caches. Ignored if it
    ///     is malformed (RFC 9111 section 5.1).
    ///   - vary: the values of the answer's `Vary` lines.
    ///   - policy: supplies the upper bound, `timeToLive`.
    /// - Returns: nanoseconds above 0; nil if the answer must not be stored.
    package func freshness(
        status: Int, age: String?, vary: [String], policy: CachePolicy
    ) -> Int64? {
        guard policy.isEnabled, status == 200 || status == 203 || status == 204,
            !vary.contains(where: Self.variesOnEverything)
        else { return nil }
        if noStore || noCache || isPrivate { return nil }
        var life = policy.timeToLive.nanoseconds
        if let maxAge {
            // Both are at least 0, so the difference does not overflow.
            let left = maxAge - (age.flatMap(Self.seconds(ofAge:)) ?? 0)
            life = min(life, left.multipliedSaturated(by: 1_000_000_000))
        }
        return life > 0 ? life : nil
    }

    /// Only the first member of a list counts (section 5.1).
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

/// Splits a field value into directives, without copying it.
///
/// The grammar is `token [ "=" ( token / quoted-string ) ]`, separated by commas.
private struct DirectiveScanner {
    struct Directive {
        /// The range of the name in the text.
        var name: Range<Int>
        /// The range of an unquoted argument in the text.
        var token: Range<Int>?
        /// A quoted argument, without its quotes and escapes.
        var quoted: [UInt8]?
        var isUnterminated = false

        /// The argument as a number of seconds; nil if it is missing or malformed.
        func seconds(in text: borrowing Span<UInt8>) -> Int64? {
            if let quoted { return FieldSyntax.deltaSeconds(quoted) }
            guard let token else { return nil }
            var digits: [UInt8] = []
            for place in token { digits.append(text[place]) }
            return FieldSyntax.deltaSeconds(digits)
        }
    }

    private static let comma = UInt8(ascii: ",")
    private static let equals = UInt8(ascii: "=")
    private static let quote = UInt8(ascii: "\"")
    private static let backslash = UInt8(ascii: "\\")

    private var place = 0

    /// The next directive; nil at the end. Empty list members are skipped (RFC 9110 section 5.6.1).
    mutating func next(in text: borrowing Span<UInt8>) -> Directive? {
        while place < text.count,
            text[place] == Self.comma || FieldSyntax.isWhitespace(text[place])
        {
            place += 1
        }
        if place == text.count { return nil }
        // A quote opens a string only after "=". Elsewhere it is an error that must not hide what
        // follows: `max-age=6", no-store` is not stored.
        var directive = Directive(name: take(upTo: Self.equals, in: text))
        if place < text.count, text[place] == Self.equals {
            place += 1
            // Whitespace around "=" is not allowed, but the meaning is clear.
            while place < text.count, FieldSyntax.isWhitespace(text[place]) { place += 1 }
            if place < text.count, text[place] == Self.quote {
                takeQuotedArgument(into: &directive, in: text)
            } else {
                directive.token = take(upTo: Self.comma, in: text)
            }
        }
        return directive
    }

    private mutating func takeQuotedArgument(
        into directive: inout Directive, in text: borrowing Span<UInt8>
    ) {
        place += 1
        var argument: [UInt8] = []
        while place < text.count {
            var byte = text[place]
            place += 1
            if byte == Self.quote {
                if take(upTo: Self.comma, in: text).isEmpty { directive.quoted = argument }
                return
            }
            if byte == Self.backslash {
                guard place < text.count else { break }
                byte = text[place]
                place += 1
            }
            argument.append(byte)
        }
        directive.isUnterminated = true
    }

    /// The range of the text up to `end` or a comma, without the whitespace around it.
    private mutating func take(
        upTo end: UInt8, in text: borrowing Span<UInt8>
    ) -> Range<Int> {
        var start = place
        let count = text.count
        while place < count {
            let byte = text[place]
            if byte == Self.comma || byte == end { break }
            place += 1
        }
        var stop = place
        while start < stop, FieldSyntax.isWhitespace(text[start]) { start += 1 }
        while start < stop, FieldSyntax.isWhitespace(text[stop - 1]) { stop -= 1 }
        return start..<stop
    }
}

extension Span<UInt8> {
    /// Whether the bytes in this range equal `token`, ignoring case. The range has the token's
    /// length, and `token` is in lower case.
    fileprivate func holds(_ token: StaticString, at place: Range<Int>) -> Bool {
        var rest = unsafe token.utf8Start
        for index in place {
            let byte = self[index]
            let isUpper = byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z")
            guard unsafe (isUpper ? byte | 0x20 : byte) == rest.pointee else { return false }
            unsafe rest += 1
        }
        return true
    }
}
