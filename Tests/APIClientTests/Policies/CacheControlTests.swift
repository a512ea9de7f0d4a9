import KeyedChance
import Testing

@testable import APIClient

@Suite struct CacheControlTests {
    private static func parse(_ lines: String...) -> CacheDirectives {
        CacheDirectives(fieldValues: lines)
    }

    @Test(
        "max-age in every spelling that RFC 9111 asks a recipient to accept",
        arguments: [
            ("max-age=60", 60), ("MAX-AGE=60", 60), ("Max-Age=60", 60), ("max-age=\"60\"", 60),
            ("max-age=\"6\\0\"", 60), ("public, max-age=60", 60), ("public,max-age=60", 60),
            ("max-age=60 , public", 60), (" \tmax-age=60\t ", 60), (",,max-age=60,,", 60),
            ("max-age=0", 0), ("max-age=060", 60), ("max-age = 60", 60), ("max-age= \"60\"", 60),
            ("foo=\"max-age=5, \\\"no-store\", max-age=60", 60), ("max-age=60, max-age=60", 60),
            ("x-max-age=5, max-age=60", 60), ("s-maxage=5, max-age=60", 60),
            ("ext=\"\", max-age=60", 60), ("no=store;max-age=5, max-age=60", 60),
        ] as [(String, Int64)])
    func maxAge(value: String, seconds: Int64) {
        let directives = Self.parse(value)
        #expect(directives.maxAge == seconds)
        #expect(!directives.noStore && !directives.noCache && !directives.isPrivate)
    }

    @Test(
        "A malformed or contradictory max-age counts as stale",
        arguments: [
            "max-age", "max-age=", "max-age=\"\"", "max-age=-1", "max-age=+60", "max-age=60.0",
            "max-age=1e3", "max-age=sixty", "max-age=60s", "max-age=6 0", "max-age=60\"",
            "max-age='60'", "max-age=\"60\"x", "max-age=\"60", "max-age=\u{0666}\u{0660}",
            "max-age=60, max-age=30", "max-age=30, max-age=60", "max-age=60, max-age",
            "max-age=60, max-age=30, max-age=60", "max-age=60;public", "max-age=60, foo=\"bar",
        ])
    func malformed(value: String) {
        #expect(Self.parse(value).maxAge == 0)
    }

    @Test("Contradictions across lines count as well") func acrossLines() {
        #expect(Self.parse("max-age=60", "max-age=60").maxAge == 60)
        #expect(Self.parse("max-age=60", "max-age=61").maxAge == 0)
        let split = Self.parse("public", "no-store", "private")
        #expect(split.noStore && split.isPrivate && split.maxAge == nil)
    }

    @Test(
        "A number too large is as large as can be",
        arguments: ["2147483648", "9223372036854775808", "999999999999999999999999999999"])
    func huge(digits: String) {
        let expected = digits.count > 18 ? Int64.max : 2_147_483_648
        #expect(Self.parse("max-age=\(digits)").maxAge == expected)
    }

    @Test(
        "What forbids to store is found wherever it stands",
        arguments: [
            "no-store", "NO-STORE", "public, no-store", "no-store,max-age=60", "no-store=",
            "no-store=\"x\"", "max-age=6\", no-store", "foo=a\"b, no-store, c=\"d",
            "a=\"b\"c, no-store",
            "no-store =1", "=, no-store", "\"\", no-store", "foo=\"\\\"\", no-store",
        ])
    func noStore(value: String) {
        #expect(Self.parse(value).noStore)
    }

    @Test("no-cache and private count with and without field names") func qualified() {
        #expect(Self.parse("no-cache").noCache)
        #expect(Self.parse("no-cache=\"Set-Cookie, X\"").noCache)
        #expect(Self.parse("Private").isPrivate)
        #expect(Self.parse("max-age=1, Must-Revalidate").mustRevalidate)
        #expect(Self.parse("private=\"X-User\", max-age=60").isPrivate)
        #expect(Self.parse("private=\"X-User\", max-age=60").maxAge == 60)
    }

    @Test(
        "What stands inside a quoted string, or only looks alike, is no directive",
        arguments: [
            "", " ", ",", "foo=\"no-store\"", "foo=\"a, no-store, b\"", "foo=\"\\\", no-store\"",
            "no-stores", "no_store", "nostore", "no-store-x", "x-private", "foo=no-store",
            "no-st\u{00D6}re", "no-\u{017F}tore", "proxy-revalidate, public",
        ])
    func nothing(value: String) {
        #expect(Self.parse(value) == CacheDirectives(fieldValues: []))
    }

    @Test("No text traps, and none becomes fresh by being cut short") func mangled() {
        var chance = Chance(seed: 11, stream: .init("cache"))
        let alphabet = Array("max-age=no-store,private\"\\ \t;0126".utf8)
        for _ in 0..<20_000 {
            let bytes = (0..<chance.below(40)).map { _ in
                alphabet[Int(chance.below(UInt64(alphabet.count)))]
            }
            let directives = Self.parse(String(decoding: bytes, as: UTF8.self))
            #expect(directives.maxAge ?? 0 >= 0)
        }
    }
}

@Suite struct FreshnessTests {
    private static let second: Int64 = 1_000_000_000

    private static func freshness(
        status: Int = 200, _ cacheControl: [String] = [], age: String? = nil, vary: [String] = [],
        policy: CachePolicy = CachePolicy()
    ) -> Int64? {
        CacheDirectives(fieldValues: cacheControl).freshness(
            status: status, age: age, vary: vary, policy: policy)
    }

    @Test("Of all statuses only 200, 203 and 204 are stored", arguments: 100...599)
    func statuses(status: Int) {
        let isStored = [200, 203, 204].contains(status)
        #expect(Self.freshness(status: status) == (isStored ? 300 * Self.second : nil))
        #expect(
            Self.freshness(status: status, ["public, max-age=60"])
                == (isStored ? 60 * Self.second : nil))
    }

    @Test(
        "A smaller max-age less Age wins over the policy's time",
        arguments: [
            (["max-age=60"], nil, 60), (["max-age=299"], nil, 299), (["max-age=300"], nil, 300),
            (["max-age=301"], nil, 300), (["max-age=86400"], nil, 300),
            (["max-age=60"], "0", 60), (["max-age=60"], "20", 40), (["max-age=60"], "59", 1),
            (["max-age=400"], "50", 300), (["max-age=400"], "150", 250),
            (["max-age=999999999999999999999"], nil, 300),
            (["max-age=999999999999999999999"], "100", 300),
            // Without max-age the policy's time counts from when the answer came.
            ([], "200", 300), (["public"], "200", 300), (["max-age=60", "max-age=60"], nil, 60),
        ] as [([String], String?, Int64)])
    func remaining(cacheControl: [String], age: String?, seconds: Int64) {
        #expect(Self.freshness(cacheControl, age: age) == seconds * Self.second)
    }

    @Test(
        "No life left, nothing stored",
        arguments: [
            (["max-age=0"], nil), (["max-age=60"], "60"), (["max-age=60"], "61"),
            (["max-age=60"], "99999999999999999999999"), (["max-age=oops"], nil),
            (["max-age=60, max-age=30"], nil), (["max-age=0"], "oops"),
        ] as [([String], String?)])
    func nothingLeft(cacheControl: [String], age: String?) {
        #expect(Self.freshness(cacheControl, age: age) == nil)
    }

    @Test(
        "A malformed Age is ignored; of several the first counts",
        arguments: [
            ("", 60), ("-5", 60), ("1.5", 60), ("ten", 60), ("10, oops", 50), ("10, 20", 50),
            (" 10\t", 50), ("10 ,20", 50), ("10 20", 60), (", 10", 60),
        ] as [(String, Int64)])
    func age(age: String, seconds: Int64) {
        #expect(Self.freshness(["max-age=60"], age: age) == seconds * Self.second)
    }

    @Test(
        "no-store, no-cache and private are not stored, whatever else is said",
        arguments: ["no-store", "no-cache", "private", "no-cache=\"x\"", "private=\"x\""])
    func forbidden(directive: String) {
        #expect(Self.freshness([directive]) == nil)
        #expect(Self.freshness(["public, max-age=60, " + directive]) == nil)
        #expect(Self.freshness(["max-age=60", directive]) == nil)
    }

    @Test(
        "Vary: * is not stored, other fields are",
        arguments: [
            (["*"], false), ([" * "], false), (["Accept, *"], false), (["Accept", "*"], false),
            (["Accept"], true), (["Accept, Accept-Encoding"], true), ([""], true), ([], true),
            (["**"], true), (["x*"], true),
        ] as [([String], Bool)])
    func vary(vary: [String], isStored: Bool) {
        #expect((Self.freshness(vary: vary) != nil) == isStored)
    }

    @Test("The policy's own time and switch count") func policy() {
        #expect(Self.freshness(policy: CachePolicy(isEnabled: false)) == nil)
        let short = CachePolicy(timeToLive: .milliseconds(1))
        #expect(Self.freshness(["max-age=60"], policy: short) == 1_000_000)
        let endless = CachePolicy(timeToLive: .seconds(Int64.max))
        #expect(Self.freshness(policy: endless) == .max)
        #expect(Self.freshness(["max-age=10000000000"], policy: endless) == .max)
    }
}
