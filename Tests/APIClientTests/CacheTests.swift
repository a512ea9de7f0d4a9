import APIClient
import HTTPTypes
import SimulatedClient
import Simulation
import Testing
import WindtunnelTesting

@Suite("The cache") struct CacheTests {
    private static let get = APIRequest(.get, "/a")

    private static func numbered(_ fields: HTTPFields = [:])
        -> @Sendable (TransportRequest, Int)
        -> ScriptedReply
    {
        { _, index in .status(200, fields: fields, body: "\(index)") }
    }

    @Test func `a fresh hit answers without a send, marked as cached`() throws {
        let rig = try Rig([.status(200, after: .seconds(1), fields: [.eTag: "x"], body: "[1]")])
        try rig.run { rig async throws in
            let miss = try await rig.client.get("/a")
            let hit = try await rig.client.get("/a")
            #expect(!miss.cached)
            #expect(hit.cached && !hit.isStale)
            #expect(hit.statusCode == 200)
            #expect(hit.headers[.eTag] == "x")
            #expect(try hit.data() == [1])
            #expect(hit.responseTimeMs == 0)
            #expect(hit.correlationID != miss.correlationID)
        }
        #expect(rig.sends.count == 1)
    }

    struct Life: Sendable, CustomTestStringConvertible {
        var status = 200
        var cacheControl: String?
        var age: String?
        var seconds: Int64
        var body = "{}"
        var testDescription: String { "\(status) \(cacheControl ?? "-") \(age ?? "-") \(body)" }
    }

    static let lives: [Life] = [
        Life(seconds: 300), Life(status: 203, seconds: 300),
        Life(status: 204, seconds: 300, body: ""),
        Life(status: 206, seconds: 0), Life(status: 301, seconds: 0), Life(status: 404, seconds: 0),
        Life(cacheControl: "max-age=60", seconds: 60),
        Life(cacheControl: "max-age=600", seconds: 300),
        Life(cacheControl: "max-age=60", age: "20", seconds: 40),
        Life(cacheControl: "max-age=60", age: "60", seconds: 0),
        Life(cacheControl: "max-age=60", age: "999999999999999999999", seconds: 0),
        Life(age: "100", seconds: 300),
        Life(cacheControl: "max-age=0", seconds: 0),
        Life(cacheControl: "max-age=soon", seconds: 0),
        Life(cacheControl: "no-store", seconds: 0), Life(cacheControl: "no-cache", seconds: 0),
        Life(cacheControl: "private, max-age=60", seconds: 0),
        Life(cacheControl: "public, max-age=60, must-revalidate", seconds: 60),
        Life(seconds: 0, body: "<html>"),
    ]

    @Test(arguments: lives)
    func `an answer is fresh for its time and not a nanosecond longer`(life: Life) throws {
        var fields: HTTPFields = [:]
        fields[.cacheControl] = life.cacheControl
        fields[.age] = life.age
        let rig = try Rig([], last: .status(life.status, fields: fields, body: life.body))
        try rig.run { rig async throws in
            _ = try await rig.client.get("/a")
            if life.seconds > 0 {
                await rig.sleep(until: life.seconds * second - 1)
                #expect(try await rig.client.get("/a").cached)
                await rig.sleep(until: life.seconds * second)
            }
            #expect(try await !rig.client.get("/a").cached)
        }
        #expect(rig.sends == [0, life.seconds * second])
    }

    @Test func `only a GET that wants it is cached`() throws {
        let rig = try Rig(reply: Self.numbered())
        try rig.run { rig async throws in
            for _ in 0..<2 {
                _ = try await rig.client.get("/a", useCache: false)
                _ = try await rig.client.delete("/b")
                _ = try await rig.client.post("/c", body: nil)
            }
        }
        #expect(rig.sends.count == 6)
    }

    @Test func `a request that does not want the cache neither reads nor fills it`() throws {
        let rig = try Rig(reply: Self.numbered())
        try rig.run { rig async throws in
            #expect(try await rig.client.get("/a").data() == 0)
            #expect(try await rig.client.get("/a", useCache: false).data() == 1)
            #expect(try await rig.client.get("/a").data() == 0)
        }
    }

    @Test(arguments: ["Authorization", "Cookie", "Proxy-Authorization", "X-API-Key"])
    func `an answer to credentials of the caller's own is not kept for others`(name: String) throws
    {
        let rig = try Rig(reply: Self.numbered())
        try rig.run { rig async throws in
            for value in ["ada", "bob"] {
                var headers: RequestHeaders = [:]
                headers.append(name, value)
                #expect(try await !rig.client.get("/a", headers: headers).cached)
            }
            #expect(try await !rig.client.get("/a").cached)
        }
        #expect(rig.sends.count == 3)
    }

    @Test func `the key covers path and parameters, whose order does not matter`() throws {
        let rig = try Rig(reply: Self.numbered())
        try rig.run { rig async throws in
            let client = rig.client
            #expect(try await client.get("/a", params: ["x": "1", "y": "2"]).data() == 0)
            #expect(try await client.get("/a", params: ["y": "2", "x": "1"]).data() == 0)
            #expect(try await client.get("/a", params: ["x": "1"]).data() == 1)
            #expect(try await client.get("/a").data() == 2)
            #expect(try await client.get("/a/", params: ["x": "1", "y": "2"]).data() == 3)
            #expect(try await client.get("/a", params: ["x": "1&y=2"]).data() == 4)
            #expect(try await client.get("/a", params: ["x": "1", "y": "2"]).data() == 0)
        }
    }

    @Test func `two URLs that differ in Unicode normalisation only are two keys`() throws {
        let rig = try Rig(reply: Self.numbered())
        try rig.run { rig async throws in
            #expect(try await rig.client.get("/a", params: ["q": "\u{e9}"]).data() == 0)
            #expect(try await rig.client.get("/a", params: ["q": "e\u{301}"]).data() == 1)
            #expect(try await rig.client.get("/a", params: ["q": "\u{e9}"]).data() == 0)
        }
        #expect(rig.transport.attempts.map(\.target) == ["/a?q=%C3%A9", "/a?q=e%CC%81"])
    }

    @Test func `Vary keeps an answer for each value of the fields that it names`() throws {
        let rig = try Rig(reply: Self.numbered([.vary: "accept-language, X-Tenant"]))
        try rig.run { rig async throws in
            func ask(_ headers: RequestHeaders) async throws -> JSONValue {
                try await rig.client.get("/a", headers: headers).data()
            }
            #expect(try await ask(["Accept-Language": "de"]) == 0)
            #expect(try await ask(["Accept-Language": "en"]) == 1)
            #expect(try await ask(["Accept-Language": "de", "X-Tenant": "7"]) == 2)
            #expect(try await ask([:]) == 3)
            #expect(try await ask(["Accept-Language": "de", "User-Agent": "1"]) == 0)
            #expect(try await ask(["Accept-Language": "en"]) == 1)
            #expect(try await ask(["User-Agent": "2"]) == 3)
        }
    }

    @Test func `values of varied fields are compared as bytes`() throws {
        let rig = try Rig(reply: Self.numbered([.vary: "X-Tenant"]))
        try rig.run { rig async throws in
            #expect(try await rig.client.get("/a", headers: ["X-Tenant": "\u{e9}"]).data() == 0)
            #expect(try await rig.client.get("/a", headers: ["X-Tenant": "e\u{301}"]).data() == 1)
        }
    }

    @Test func `Vary with a star is never kept`() throws {
        let rig = try Rig(reply: Self.numbered([.vary: "Accept, *"]))
        try rig.run { rig async throws in
            for _ in 0..<2 { #expect(try await !rig.client.get("/a").cached) }
        }
    }

    @Test func `where the upstream changes what it varies by, the latest answer counts`() throws {
        let rig = try Rig([
            .status(
                200, fields: [.vary: "Accept-Language", .cacheControl: "max-age=1"], body: "0"),
            .status(200, body: "1"),
        ])
        try rig.run { rig async throws in
            _ = try await rig.client.get("/a")
            await rig.sleep(for: 2 * second)
            #expect(try await rig.client.get("/a").data() == 1)
            #expect(try await rig.client.get("/a").data() == 1)
        }
        #expect(rig.sends.count == 2)
    }

    @Test func `one caller never sees another's answer`() throws {
        let store = MemoryCacheStore(entriesMax: 100)
        let rig = try Rig(reply: Self.numbered())
        let clients = try ["ada", "bob", "adab", "ada"].map { identity in
            try APIClient(
                configuration: rig.client.configuration, transport: rig.transport,
                in: rig.simulation,
                credentials: StaticCredentials(
                    .apiKey(Secret("key of \(identity)"), identity: identity)),
                cacheStore: store)
        }
        try rig.run { rig async throws in
            var answers: [JSONValue] = []
            for client in clients { answers.append(try await client.get("/a").data()) }
            #expect(answers == [0, 1, 2, 0])
        }
    }

    @Test func `an answer to a credential that changed hands meanwhile is not kept for the former`()
        throws
    {
        // The provider names the credential's identity before the send. At the time of the send
        // another user has signed in.
        let provider = Moody(
            identity: "ada",
            give: { question in
                .bearer(Secret("token \(question)"), identity: question == 0 ? "bob" : "ada")
            })
        let rig = try Rig(credentials: provider, reply: Self.numbered())
        try rig.run { rig async throws in
            #expect(try await rig.client.get("/a").data() == 0)
            #expect(try await rig.client.get("/a").data() == 1)
            #expect(try await rig.client.get("/a").data() == 1)
        }
    }

    @Test(arguments: [HTTPRequest.Method.post, .put, .patch, .delete], [200, 404, 500])
    func `a write to a path drops its answers, also where it failed`(
        method: HTTPRequest.Method, status: Int
    ) throws {
        let rig = try Rig(
            configure: { $0.retry.isEnabled = false },
            reply: { request, index in
                .status(request.method == .get ? 200 : status, body: "\(index)")
            })
        try rig.run { rig async throws in
            _ = try await rig.client.get("/a", params: ["x": "1"])
            _ = try await rig.client.get("/b")
            _ = await rig.end(APIRequest(method, "/a"))
            #expect(try await rig.client.get("/a", params: ["x": "1"]).data() == 3)
            #expect(try await rig.client.get("/b").cached)
        }
    }

    @Test func `a write that comes while an answer is being kept drops that answer as well`() throws
    {
        let simulation = Simulation()
        let store = SlowStore(MemoryCacheStore(entriesMax: 10), simulation)
        let rig = try Rig(cacheStore: store, in: simulation, reply: Self.numbered())
        try rig.run { rig async throws in
            async let read = rig.end(Self.get)
            await rig.sleep(for: second / 2)
            _ = try await rig.client.delete("/a")
            _ = await read
            #expect(try await !rig.client.get("/a").cached)
        }
    }

    @Test func `a store that fails is a miss and a log line, no failure`() throws {
        let rig = try Rig([], cacheStore: BrokenStore())
        try rig.run { rig async throws in
            #expect(try await rig.client.get("/a").statusCode == 200)
            #expect(try await rig.client.delete("/a").statusCode == 200)
        }
        let lines = rig.lines.filter { $0.level == "warning" }
        #expect(lines.count == 3)
        #expect(lines.allSatisfy { $0.text.hasPrefix("cache store failed") })
    }

    @Test func `a fresh hit answers also when the breaker is open`() throws {
        let rig = try Rig([.status(200)], last: .status(500)) { $0.retry.isEnabled = false }
        try rig.run { rig async throws in
            _ = try await rig.client.get("/a")
            for _ in 0..<5 { _ = await rig.end(APIRequest(.get, "/b")) }
            #expect(await rig.end(APIRequest(.get, "/b")).error?.code == .circuitBreakerOpen)
            #expect(try await rig.client.get("/a").cached)
        }
    }

    @Test func `holds no more entries than it may, the oldest go first`() throws {
        let rig = try Rig(configure: { $0.cache.entriesMax = 2 }, reply: Self.numbered())
        try rig.run { rig async throws in
            for path in ["/a", "/b", "/c"] { _ = try await rig.client.get(path) }
            #expect(try await rig.client.get("/b").cached)
            #expect(try await rig.client.get("/c").cached)
            #expect(try await !rig.client.get("/a").cached)
        }
    }
}

/// A store that takes one second for each write.
private struct SlowStore: CacheStore {
    let inner: MemoryCacheStore
    let time: SimulatedTime

    init(_ inner: MemoryCacheStore, _ simulation: Simulation) {
        self.inner = inner
        time = SimulatedTime(simulation)
    }

    func entry(
        for key: CacheKey, matching fields: HTTPFields, at now: Int64
    ) async throws -> CacheEntry? {
        try await inner.entry(for: key, matching: fields, at: now)
    }

    func keep(_ entry: CacheEntry, for key: CacheKey) async throws -> Bool {
        try await time.sleep(
            until: time.now + second, kind: .wakeUp, call: CallID(request: 99), attempt: 0)
        return try await inner.keep(entry, for: key)
    }

    func invalidate(path: [UInt8], at now: Int64) async throws -> Bool {
        try await inner.invalidate(path: path, at: now)
    }
}

/// A store that fails.
private struct BrokenStore: CacheStore {
    struct Unreachable: Error {}

    func entry(
        for key: CacheKey, matching fields: HTTPFields, at now: Int64
    ) async throws -> CacheEntry? { throw Unreachable() }

    func keep(_ entry: CacheEntry, for key: CacheKey) async throws -> Bool { throw Unreachable() }

    func invalidate(path: [UInt8], at now: Int64) async throws -> Bool { throw Unreachable() }
}
