/// What a response's `Cache-Control` says, as far as this client's cache obeys.
///
/// RFC 9111 section 5.2. Where a field is malformed the answer counts as stale rather than fresh (section 4.2.1).
package struct CacheDirectives: Hashable {
    private(set) var noStore = false
    /// Also for `no-cache="field"`: section 5.2.2.4 lets a cache treat it as the plain form.
    private(set) var noCache = false
    /// Also for `private="field"`, by section 5.2.2.7.
    private(set) var isPrivate = false
    /// Once stale it is of no use, not even after an error: section 5.2.2.2.
    package private(set) var mustRevalidate = false
    /// Seconds; 0 where the value is malformed, or two of them contradict each other.
    private(set) var maxAge: Int64?

    /// - Parameter fieldValues: the values of all `Cache-Control` lines, in their order.
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
        // An open quote has swallowed the rest of the line, and who knows what stood there.
        if directive.isUnterminated { maxAge = 0 }
    }

    /// How long an answer to a GET is fresh.
    ///
    /// - Parameters:
    ///   - status: the answer's status.
    ///   - age: its `Age`: seconds that it has already spent in caches on the way. Ignored where
    ///     malformed, as RFC 9111 section 5.1 asks.
    ///   - vary: the values of its `Vary` lines.
    ///   - policy: the longest that anything is fresh.
    /// - Returns: nanoseconds above 0; `nil` where the answer is not stored at all.
    package func freshness(
        status: Int, age: String?, vary: [String], policy: CachePolicy
    ) -> Int64? {
        guard policy.isEnabled, status == 200 || status == 203 || status == 204,
            !vary.contains(where: Self.variesOnEverything)
        else { return nil }
        if noStore || noCache || isPrivate { return nil }
        var life = policy.timeToLive.nanoseconds
        if let maxAge {
            // Both at least 0, so the difference fits.
            let left = maxAge - (age.flatMap(Self.seconds(ofAge:)) ?? 0)
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

/// Takes a list of directives apart, where it stands.
///
/// Each is `token [ "=" ( token / quoted-string ) ]`; commas separate them.
private struct DirectiveScanner {
    struct Directive {
        /// Its place in the text.
        var name: Range<Int>
        /// The place of an argument without quotes.
        var token: Range<Int>?
        /// An argument in quotes, without them and without escapes.
        var quoted: [UInt8]?
        var isUnterminated = false

        /// The argument as a number of seconds; nil where there is none or it is malformed.
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

    /// The next directive; empty list members, which section 5.6.1 of RFC 9110 allows, are skipped.
    mutating func next(in text: borrowing Span<UInt8>) -> Directive? {
        while place < text.count,
            text[place] == Self.comma || FieldSyntax.isWhitespace(text[place])
        {
            place += 1
        }
        if place == text.count { return nil }
        // A quote opens a string only after "=". Elsewhere it is an error that must not hide what
        // follows: `max-age=6", no-store` is still not stored.
        var directive = Directive(name: take(upTo: Self.equals, in: text))
        if place < text.count, text[place] == Self.equals {
            place += 1
            // Whitespace around "=" is wrong, but leaves no doubt about what was meant.
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

    /// The text up to that byte or a comma, without the whitespace around it.
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
    /// Whether a token of that length stands there, in upper or lower case; `token` is in lower case.
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
