import APIClient
import HTTPTypes
import Testing
import WindtunnelTesting

@Suite("Request validation") struct RequestValidationTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var request: APIRequest
        var fields: [String]

        init(_ request: APIRequest, _ fields: String...) {
            (self.request, self.fields) = (request, fields)
        }

        var testDescription: String { "\(request.method) \(request.endpoint) \(fields)" }
    }

    static func json(_ text: String) -> RequestBody { RequestBody(json: Array(text.utf8)) }

    static let wrong: [Case] = [
        Case(APIRequest(.get, ""), "endpoint"),
        Case(APIRequest(.get, "/"), "endpoint"),
        Case(APIRequest(.get, "users"), "endpoint"),
        Case(APIRequest(.get, "/users?x=1"), "endpoint"),
        Case(APIRequest(.get, "/users#top"), "endpoint"),
        Case(APIRequest(.get, "/users/a b"), "endpoint"),
        Case(APIRequest(.get, "/users\n"), "endpoint"),
        Case(APIRequest(.get, "/users/%2e"), "endpoint"),
        Case(APIRequest(.get, "/users/../admin"), "endpoint"),
        Case(APIRequest(.get, "/us\u{e9}rs"), "endpoint"),
        Case(APIRequest(.get, "https://evil.example/users"), "endpoint"),
        Case(APIRequest(.head, "/users"), "method"),
        Case(APIRequest(.options, "/users"), "method"),
        Case(APIRequest(HTTPRequest.Method("get")!, "/users"), "method"),
        Case(APIRequest(.get, "/users", headers: ["a b": "x"]), "headers.a b"),
        Case(APIRequest(.get, "/users", headers: ["": "x"]), "headers."),
        Case(APIRequest(.get, "/users", headers: ["X-A\r\nX-B": "x"]), "headers.X-A??X-B"),
        Case(APIRequest(.get, "/users", headers: ["X-A": "x\r\nX-B: y"]), "headers.X-A"),
        Case(APIRequest(.get, "/users", headers: ["X-A": "x\0"]), "headers.X-A"),
        Case(APIRequest(.get, "/users", headers: ["Host": "x"]), "headers.Host"),
        Case(
            APIRequest(.get, "/users", headers: ["content-length": "1"]), "headers.content-length"),
        Case(
            APIRequest(.get, "/users", headers: ["Transfer-Encoding": "x"]),
            "headers.Transfer-Encoding"),
        Case(APIRequest(.get, "/users", headers: ["X-Request-Id": "mine"]), "headers.X-Request-Id"),
        Case(APIRequest(.get, "/users", body: json("{}")), "body"),
        Case(APIRequest(.delete, "/users", body: json("{}")), "body"),
        Case(APIRequest(.post, "/users", body: json("")), "body"),
        Case(APIRequest(.post, "/users", body: json("{")), "body"),
        Case(APIRequest(.put, "/users", body: json("{'a':1}")), "body"),
        Case(APIRequest(.patch, "/users", body: RequestBody(json: [0xff, 0xfe])), "body"),
        Case(
            APIRequest(.head, "users", headers: ["a b": "x", "Host": "y"], body: json("{}")),
            "endpoint", "method", "headers.a b", "headers.Host", "body"),
    ]

    @Test(arguments: wrong)
    func `refuses what REQ-01 section 4_2 does not allow, and sends nothing`(each: Case) throws {
        let rig = try Rig([])
        let error = try #require(try rig.run { rig in await rig.end(each.request) }.error)
        #expect(error.code == .validationError)
        #expect(error.origin == .client)
        #expect(error.fields.map(\.field) == each.fields)
        #expect(error.fields.allSatisfy { !$0.reason.isEmpty })
        #expect(rig.sends.isEmpty)
        // Nothing that a caller puts into a log may break its lines.
        #expect(error.description.unicodeScalars.allSatisfy { $0.value >= 32 && $0.value != 127 })
    }

    static let right: [APIRequest] = [
        APIRequest(.get, "/a"),
        APIRequest(.get, "/v1/A-b_c/0/"),
        APIRequest(.delete, "/a"),
        APIRequest(.post, "/a"),
        APIRequest(.post, "/a", body: json("null")),
        APIRequest(.put, "/a", body: json(" {\"a\":[1]} ")),
        APIRequest(.patch, "/a", headers: ["X-A": "tab\there", "x-a": "again"], body: json("1")),
        APIRequest(.get, "/a", headers: ["Accept": "text/plain"], params: ["": ""]),
    ]

    @Test(arguments: right)
    func `lets through what it allows`(request: APIRequest) throws {
        let rig = try Rig([])
        let end = try rig.run { rig in await rig.end(request) }
        #expect(end.response?.statusCode == 200)
        #expect(rig.sends.count == 1)
    }

    @Test func `several fields of one name stay several`() throws {
        let rig = try Rig([])
        try rig.run { rig async throws in
            _ = try await rig.client.get("/a", headers: ["X-A": "1", "x-a": "2"])
        }
        #expect(
            rig.transport.attempts[0].headerFields[values: HTTPField.Name("X-A")!] == ["1", "2"])
    }

    @Test func `an invalid request costs neither a place in the limit nor a failure`() throws {
        let rig = try Rig([]) { $0.limiter.sendsPerMinute = 1 }
        try rig.run { rig async throws in
            for _ in 0..<20 { _ = await rig.end(APIRequest(.get, "nope")) }
            _ = try await rig.client.get("/a")
        }
        #expect(rig.sends == [0])
    }
}
