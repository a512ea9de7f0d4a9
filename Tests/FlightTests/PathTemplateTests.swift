import Testing
import Upstream

@testable import Flight

@Suite("Paths with ranges") struct PathTemplateTests {
    private static let patterns = [
        "/**", "/v1/**", "/v1/*/users", "/v1/{2..4}/users", "/v1/7/users/**",
        "/v1/{3..900}/users/{5..6}",
        "/v1/*/users/12", "/v1/007/users", "/v2/*/users", "/{1..2}/x", "/v1/3/users/5", "/*",
    ]

    @Test(arguments: [
        "/v1/{1..9}/users/{1..12}", "/v1/{1..9}/users", "/{1..3}/x", "/v1/{5..1000}/users/{6..7}",
        "/v1/7/users/{5..12}", "/v2/7", "/v1/{7..7}/users", "/v1/users/", "/",
    ])
    func `are of the kinds that patterns tell apart, each with its share`(text: String) throws {
        let patterns = try Self.patterns.map { try PathPattern($0) }
        let template = PathTemplate(text)
        let count = try #require(template.count)
        var counts: [[Bool]: Int] = [:]
        for number in 0..<count {
            let path = template.path(number)
            counts[patterns.map { $0.matches(path) }, default: 0] += 1
        }
        let kinds = template.kinds(by: patterns)
        #expect(kinds.count == counts.count)
        for kind in kinds {
            let known = counts[patterns.map { $0.matches(kind.path) }] ?? 0
            #expect(abs(kind.share - Double(known) / Double(count)) < 1e-12, "\(kind.path)")
        }
    }

    @Test(arguments: [
        "/v1/{1..4}/users/{1..1000000}", "/v1/{1..4}/users/{0..18446744073709551615}",
    ])
    func `of more than can be counted, too`(text: String) throws {
        let pattern = try PathPattern("/v1/1/**")
        let kinds = PathTemplate(text).kinds(by: [pattern])
        #expect(kinds.map(\.share) == [0.25, 0.75])
        #expect(pattern.matches(kinds[0].path) && !pattern.matches(kinds[1].path))
    }

    @Test func `are all alike where nothing tells them apart`() {
        let kinds = PathTemplate("/v1/users/{1..500}").kinds(by: [])
        #expect(kinds.map(\.path) == ["/v1/users/1"] && kinds.map(\.share) == [1])
    }
}
