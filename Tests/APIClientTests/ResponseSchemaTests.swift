import APIClient
import HTTPTypes
import Testing
import WindtunnelTesting

@Suite("Answers are checked by the request's schema") struct ResponseSchemaTests {
    private static let good = #"{"id":1,"name":"Ada"}"#
    /// Neither the text nor the key may appear in any output.
    private static let bad = #"{"id":"s3cret-ssn","mail@example.com":1}"#

    private static func schema(minimum: Int = 0) throws -> JSONSchema {
        try JSONSchema(
            parsing: Array(
                #"""
                {"type": "object", "required": ["name"], "additionalProperties": false,
                 "properties": {"id": {"type": "integer", "minimum": \#(minimum)},
                                "name": {"type": "string"}}}
                """#.utf8))
    }

    private static func request(
        _ method: HTTPRequest.Method = .get, minimum: Int = 0
    ) throws -> APIRequest {
        APIRequest(method, "/users", responseSchema: try schema(minimum: minimum))
    }

    private static func json(_ body: String, _ type: String? = "application/json") -> ScriptedReply
    {
        var fields: HTTPFields = [:]
        fields[.contentType] = type
        return .status(200, after: .milliseconds(1), fields: fields, body: body)
    }

    @Test func `an answer that fits comes through and is kept`() throws {
        let rig = try Rig([Self.json(Self.good)])
        let request = try Self.request()
        try rig.run { rig async throws in
            #expect(try await rig.client.execute(request).data()["name"] == "Ada")
            #expect(try await rig.client.execute(request).cached)
        }
        #expect(rig.sends.count == 1)
    }

    @Test(arguments: [HTTPRequest.Method.get, .post, .put, .delete, .patch])
    func `one that does not ends in field details, without a retry and without a value`(
        method: HTTPRequest.Method
    ) throws {
        let rig = try Rig([], last: Self.json(Self.bad))
        let request = try Self.request(method)
        let witness = Witness()
        let end = try rig.run { await $0.end(request, observer: witness) }
        let error = try #require(end.error)
        #expect(error.code == .validationError)
        #expect(error.origin == .upstream)
        #expect(error.statusCode == 200)
        #expect(
            error.fields == [
                FieldIssue(field: "body", reason: "lacks the property name"),
                FieldIssue(field: "body.id", reason: "is not of type integer"),
                FieldIssue(field: "body", reason: "has a property that is not allowed"),
            ])
        #expect(rig.sends.count == 1)
        #expect(witness.verdicts == [.success])
        let told =
            error.description + "\(error)" + rig.lines.map { "\($0.text) \($0.metadata)" }.joined()
        #expect(!told.contains("s3cret") && !told.contains("mail@"))
        #expect(told.contains("VALIDATION_ERROR"))
    }

    @Test func `an answer that does not fit is not kept`() throws {
        let rig = try Rig([Self.json(Self.bad), Self.json(Self.good)])
        let request = try Self.request()
        try rig.run { rig async throws in
            #expect(await rig.end(request).error?.code == .validationError)
            #expect(try await !rig.client.execute(request).cached)
            #expect(try await rig.client.execute(request).cached)
        }
        #expect(rig.sends.count == 2)
    }

    @Test func `all that follow one flight learn the same of its answer`() throws {
        let rig = try Rig([Self.json(Self.bad)])
        let request = try Self.request()
        let ends = try rig.run { await $0.ends(of: Array(repeating: request, count: 4)) }
        #expect(rig.sends.count == 1)
        #expect(
            ends.compactMap(\.error).map(\.code) == Array(repeating: .validationError, count: 4))
        #expect(Set(ends.map { $0.error?.fields.count }) == [3])
        #expect(Set(ends.compactMap { $0.error?.correlationID }).count == 4)
    }

    @Test func `an answer kept for one schema or for none is not given to another`() throws {
        let rig = try Rig([], last: Self.json(Self.good))
        let requests = [
            APIRequest(.get, "/users"), try Self.request(), try Self.request(minimum: 2),
        ]
        try rig.run { rig async throws in
            #expect(await rig.end(requests[0]).response?.cached == false)
            #expect(await rig.end(requests[1]).response?.cached == false)
            #expect(
                await rig.end(requests[2]).error?.fields
                    == [FieldIssue(field: "body.id", reason: "is below 2")])
            #expect(await rig.end(requests[0]).response?.cached == true)
            #expect(await rig.end(requests[1]).response?.cached == true)
        }
        #expect(rig.sends.count == 3)
    }

    @Test func `a write drops what is kept for every schema, also where its own answer fails`()
        throws
    {
        let rig = try Rig([
            Self.json(Self.good), Self.json(Self.bad), Self.json(Self.good),
        ])
        let (read, write) = (try Self.request(), try Self.request(.post))
        try rig.run { rig async throws in
            _ = try await rig.client.execute(read)
            #expect(await rig.end(write).error?.code == .validationError)
            #expect(try await !rig.client.execute(read).cached)
        }
    }

    struct Typed: Sendable, CustomTestStringConvertible {
        var contentType: String?
        var body = good
        var issue: FieldIssue?
        var testDescription: String { "\(contentType ?? "-") \(body)" }

        static func no(_ type: String, _ reason: String) -> Typed {
            Typed(
                contentType: type, issue: FieldIssue(field: "headers.Content-Type", reason: reason))
        }
    }

    static let typed: [Typed] = [
        Typed(), Typed(contentType: "application/json"),
        Typed(contentType: "Application/JSON ; charset=utf-8"),
        Typed(contentType: "application/vnd.api+json"),
        Typed(contentType: "text/html", body: ""),
        .no("text/html; charset=utf-8", "is text/html, not JSON"),
        .no("text/json", "is text/json, not JSON"),
        .no("application/x-my-token", "is application/<redacted>, not JSON"),
        .no("application", "is no media type"), .no("a/b/c", "is no media type"),
        .no("<b>/json", "is no media type"), .no("", "is no media type"),
        .no(String(repeating: "x", count: 128) + "/json", "is no media type"),
        Typed(body: "<html>", issue: FieldIssue(field: "body", reason: "is not valid JSON")),
    ]

    @Test(arguments: typed)
    func `what calls itself something else than JSON is named`(typed: Typed) throws {
        let rig = try Rig(
            [], last: Self.json(typed.body, typed.contentType), secrets: [Secret("x-my-token")])
        let request = try Self.request()
        let end = try rig.run { await $0.end(request) }
        #expect(end.error?.fields == typed.issue.map { [$0] })
        #expect((end.response == nil) == (typed.issue != nil))
    }

    @Test func `statuses other than 2xx and answers without a body are not checked`() throws {
        let replies: [ScriptedReply] = [
            .status(204), .status(200), .status(404, body: Self.bad), .status(302, body: "moved"),
        ]
        let rig = try Rig(replies) { $0.cache.isEnabled = false }
        let request = try Self.request()
        try rig.run { rig async throws in
            for status in [204, 200, 404, 302] {
                #expect(try await rig.client.execute(request).statusCode == status)
            }
        }
    }

    @Test func `without a schema a body is parsed when it is read`() throws {
        let rig = try Rig([Self.json("<html>", "text/html")])
        try rig.run { rig async throws in
            let response = try await rig.client.get("/users", useCache: false)
            #expect(throws: APIError.self) { try response.data() }
        }
    }

    @Test func `at most twenty details are given`() throws {
        let items = (0..<50).map { _ in "null" }.joined(separator: ",")
        let rig = try Rig([], last: Self.json("[\(items)]"))
        let request = APIRequest(
            .get, "/users",
            responseSchema: try JSONSchema(parsing: Array(#"{"items":{"type":"integer"}}"#.utf8)))
        let error = try #require(try rig.run { await $0.end(request) }.error)
        #expect(error.fields.count == 20)
        #expect(error.fields.last?.field == "body[19]")
    }

    @Test func `answers that do not fit never open the breaker`() throws {
        let rig = try Rig([], last: Self.json(Self.bad)) { $0.cache.isEnabled = false }
        let request = try Self.request()
        try rig.run { rig async throws in
            for _ in 0..<20 { #expect(await rig.end(request).error?.code == .validationError) }
        }
        #expect(rig.sends.count == 20)
    }

    @Test func `a stale answer of the same schema serves after a timeout`() throws {
        let rig = try Rig([Self.json(Self.good)], last: .hang) { $0.retry.isEnabled = false }
        let request = try Self.request()
        try rig.run { rig async throws in
            _ = try await rig.client.execute(request)
            await rig.sleep(for: 301 * second)
            #expect(try await rig.client.execute(request).isStale)
        }
    }
}
