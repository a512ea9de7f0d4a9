import Harness

@testable import APIClient
@testable import Upstream

/// Fuzzes the parsers of header fields. The first byte selects the parser; the rest is the field.
@main enum HTTPFuzzer {
    static func main() { fuzz(parse) }
}

private func parse(_ input: [UInt8]) {
    guard let selector = input.first else { return }
    let field = input.dropFirst()
    switch (selector &- UInt8(ascii: "0")) % 4 {
    case 0: date(field)
    case 1: retryAfter(String(decoding: field, as: UTF8.self))
    case 2: cacheControl(field)
    default: syntax(field)
    }
}

/// Wall clocks in 1970, in 2026, and after every date that can be parsed.
private let clocks: [Int64] = [0, 1_767_225_600, 300_000_000_000]

/// A parsed date must be the same instant after it is written in the preferred form and parsed
/// again.
private func date(_ field: ArraySlice<UInt8>) {
    let text = String(decoding: field, as: UTF8.self)
    for now in clocks {
        let seconds = HTTPDate.parse(field, now: now)
        if let strict = HTTPDateFormat.seconds(text) {
            require(seconds == strict, "'\(text)' is \(strict), read as \(seconds ?? -1)")
        }
        // The writer supports the years 1970 to 9999, which have four digits.
        if let seconds, (0..<253_402_300_800).contains(seconds) {
            let written = HTTPDateFormat.string(seconds)
            let again = HTTPDate.parse(Array(written.utf8), now: now)
            require(again == seconds, "'\(text)' is \(seconds); '\(written)' is \(again ?? -1)")
            require(HTTPDateFormat.seconds(written) == seconds, "'\(written)' is not \(seconds)")
        }
    }
}

/// A wait must not be negative and must not end before the date in the field.
private func retryAfter(_ value: String) {
    for now in clocks.prefix(2) {
        let clock = now * 1_000_000_000
        guard let wait = RetryAfter.delay(value, wallClock: clock) else { continue }
        require((0...RetryAfter.longest).contains(wait), "'\(value)' is a wait of \(wait) ns")
        let date = HTTPDate.parse(Array(FieldSyntax.trimmed(value.utf8)), now: now)
        if let date, wait < RetryAfter.longest {
            require(
                clock + wait >= date.multipliedSaturated(by: 1_000_000_000),
                "'\(value)' is a wait of \(wait) ns, which is early")
        }
    }
}

/// The input has a line for `Age`, one for `Vary`, and further lines of `Cache-Control`. An answer
/// must not be fresh for longer than the policy allows, and an added `no-store` must prevent
/// storing it.
private func cacheControl(_ field: ArraySlice<UInt8>) {
    let lines = field.split(separator: 0x0a, omittingEmptySubsequences: false)
        .map { String(decoding: $0, as: UTF8.self) }
    let policy = CachePolicy()
    func freshness(_ directives: [String]) -> Int64? {
        CacheDirectives(fieldValues: directives).freshness(
            status: 200, age: lines.first, vary: Array(lines.dropFirst().prefix(1)), policy: policy)
    }
    let directives = Array(lines.dropFirst(2))
    let life = freshness(directives)
    if let life {
        require(
            life > 0 && life <= policy.timeToLive.nanoseconds,
            "\(lines) is fresh for \(life) ns")
    }
    require(freshness(directives + ["no-store"]) == nil, "\(lines) and no-store is stored")
    let bounded = freshness(directives + ["max-age=1"]) ?? 0
    require(bounded <= 1_000_000_000, "\(lines) and max-age=1 is fresh for \(bounded) ns")
}

/// Compares the parsers of parts of a field with the standard library.
private func syntax(_ field: ArraySlice<UInt8>) {
    let isNumber = !field.isEmpty && field.allSatisfy { (0x30...0x39).contains($0) }
    let seconds = FieldSyntax.deltaSeconds(field)
    let expected = isNumber ? Int64(String(decoding: field, as: UTF8.self)) ?? .max : nil
    require(seconds == expected, "\(Array(field)) is read as \(seconds ?? -1) s")
    let trimmed = FieldSyntax.trimmed(field)
    let ends = [trimmed.first, trimmed.last]
    require(!ends.contains(0x20) && !ends.contains(0x09), "\(Array(trimmed)) is not trimmed")
}
