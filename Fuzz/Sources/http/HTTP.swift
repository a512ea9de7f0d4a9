import Harness

@testable import APIClient
@testable import Upstream

/// What stands in header fields. The first byte chooses the parser, the rest is the field.
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

/// The years 1970 and 2026, and one past every date that is read.
private let clocks: [Int64] = [0, 1_767_225_600, 300_000_000_000]

/// A date that is read can be written in the preferred form, and is read again as the same instant.
private func date(_ field: ArraySlice<UInt8>) {
    let text = String(decoding: field, as: UTF8.self)
    for now in clocks {
        let seconds = HTTPDate.parse(field, now: now)
        if let strict = HTTPDateFormat.seconds(text) {
            require(seconds == strict, "'\(text)' is \(strict), read as \(seconds ?? -1)")
        }
        // The years 1970 to 9999, which four digits can say and the writer writes.
        if let seconds, (0..<253_402_300_800).contains(seconds) {
            let written = HTTPDateFormat.string(seconds)
            let again = HTTPDate.parse(Array(written.utf8), now: now)
            require(again == seconds, "'\(text)' is \(seconds); '\(written)' is \(again ?? -1)")
            require(HTTPDateFormat.seconds(written) == seconds, "'\(written)' is not \(seconds)")
        }
    }
}

/// A wait is never negative, and never ends before a date that was asked for.
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

/// Lines: `Age`, `Vary`, then lines of `Cache-Control`. An answer is never fresh for longer than
/// the policy says, and one more `no-store` always stops it from being stored.
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

/// The pieces, against what the standard library makes of the same text.
private func syntax(_ field: ArraySlice<UInt8>) {
    let isNumber = !field.isEmpty && field.allSatisfy { (0x30...0x39).contains($0) }
    let seconds = FieldSyntax.deltaSeconds(field)
    let expected = isNumber ? Int64(String(decoding: field, as: UTF8.self)) ?? .max : nil
    require(seconds == expected, "\(Array(field)) is read as \(seconds ?? -1) s")
    let trimmed = FieldSyntax.trimmed(field)
    let ends = [trimmed.first, trimmed.last]
    require(!ends.contains(0x20) && !ends.contains(0x09), "\(Array(trimmed)) is not trimmed")
}
