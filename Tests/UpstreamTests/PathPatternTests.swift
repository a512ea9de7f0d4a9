import Testing

@testable import Upstream

@Suite struct PathPatternTests {
    @Test(arguments: [
        ("/v1/users", "/v1/users", true), ("/v1/users", "/v1/users/", false),
        ("/v1/users", "/v1/users/7", false), ("/v1/users", "/v1/user", false),
        ("/v1/users/", "/v1/users/", true), ("/v1/users", "/V1/users", false),
        ("/v1/users", "/v1/users?page=2", true), ("/v1/users", "v1/users", false),
        ("/v1/users", "", false), ("/", "/", true), ("/", "/a", false),
        // One whole segment.
        ("/v1/*", "/v1/users", true), ("/v1/*", "/v1/", false), ("/v1/*", "/v1", false),
        ("/v1/*", "/v1/users/7", false), ("/*/users", "/v1/users", true),
        ("/v1/u*", "/v1/users", false),
        ("/v1/u*", "/v1/u*", true),
        // Any number of segments.
        ("/**", "/", true), ("/**", "/a/b/c", true), ("/v1/**", "/v1/a/b", true),
        ("/v1/**", "/v1/", true), ("/v1/**", "/v1", true), ("/v1/**", "/v2/a", false),
        ("/v1/**", "/v11/a", false), ("/v1/**", "/v1?a=/b", true), ("/v1/**", "/v", false),
        ("/**", "", false), ("/**", "?a", false), ("/**", "a", false),
        ("/v1/{1..2}/**", "/v1/2/x", true),
        ("/a?b/**", "/a?b/c", false), ("/a//**", "/a//c", true), ("/a//**", "/a/c", false),
        ("/v1/*/**", "/v1/a", true), ("/v1/*/**", "/v1", false),
        // Numbers, both ends included.
        ("/v1/users/{1..500}", "/v1/users/1", true), ("/v1/users/{1..500}", "/v1/users/500", true),
        ("/v1/users/{1..500}", "/v1/users/0", false),
        ("/v1/users/{1..500}", "/v1/users/501", false),
        ("/v1/users/{1..500}", "/v1/users/x", false), ("/v1/users/{1..500}", "/v1/users/", false),
        ("/v1/users/{1..500}", "/v1/users/-1", false),
        ("/v1/users/{1..500}", "/v1/users/+1", false),
        ("/v1/users/{7..7}/a", "/v1/users/7/a", true),
        ("/{0..18446744073709551615}", "/18446744073709551616", false),
        // The same letter in two Unicode spellings is two paths.
        ("/caf\u{e9}", "/caf\u{e9}", true), ("/caf\u{e9}", "/cafe\u{301}", false),
    ])
    func aPathMatchesSegmentBySegment(pattern: String, path: String, isMatch: Bool) throws {
        #expect(try PathPattern(pattern).matches(path) == isMatch)
        #expect(try PathPattern(pattern).description == pattern)
    }

    @Test(arguments: [
        "", "v1", "*", "/**/a", "/a/{1..}", "/{5..1}", "/{a..b}", "/{1..2}x", "/{1-2}", "/{",
        "/{+1..2}", "/{-0..2}",
    ])
    func whatIsNoPatternIsRefused(text: String) {
        #expect(throws: PathPattern.Malformed.self) { try PathPattern(text) }
    }
}
