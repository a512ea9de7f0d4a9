import APIClient
import HTTPTypes
import Testing
import WindtunnelTesting

private struct User: Codable, Equatable {
    struct Address: Codable, Equatable { var city: String }
    var id: Int
    var name: String
    var addresses: [Address]?
    var role: Role?
    enum Role: String, Codable { case admin }
}

@Suite("The methods") struct MethodTests {
    private let body = #"{"id":7,"name":"Ada"}"#

    @Test func `each sends its own method, target, fields and body`() throws {
        let rig = try Rig([])
        try rig.run { rig async throws in
            let json = try RequestBody(["b": 1, "a": [nil, true, 2.5, "x"]])
            _ = try await rig.client.get("/v1/users", headers: ["X-Trace": "on"])
            _ = try await rig.client.post("/v1/users", body: json)
            _ = try await rig.client.put("/v1/users/7", body: RequestBody(json: Array("[1]".utf8)))
            _ = try await rig.client.delete("/v1/users/7")
            _ = try await rig.client.patch("/v1/users/7", body: json)
        }
        let attempts = rig.transport.attempts
        #expect(attempts.map(\.method.rawValue) == ["GET", "POST", "PUT", "DELETE", "PATCH"])
        #expect(
            attempts.map(\.target) == ["/v1/users", "/v1/users"]
                + .init(repeating: "/v1/users/7", count: 3))
        #expect(attempts.map(\.request.authority) == .init(repeating: "api.example.com", count: 5))
        let json = #"{"a":[null,true,2.5,"x"],"b":1}"#
        #expect(attempts.map(\.body) == [nil, json, "[1]", nil, json])
        #expect(attempts[0].headerFields[HTTPField.Name("X-Trace")!] == "on")
        #expect(attempts.allSatisfy { $0.headerFields[.accept] == "application/json" })
        let types = attempts.map { $0.headerFields[.contentType] }
        #expect(types == [nil, "application/json", "application/json", nil, "application/json"])
    }

    @Test func `a base URL's path goes before the endpoint`() throws {
        let rig = try Rig([]) { $0.baseURL = "http://localhost:8080/base/" }
        try rig.run { rig in _ = try await rig.client.get("/v1/users") }
        let request = rig.transport.attempts[0].request
        #expect(request.scheme == "http")
        #expect(request.authority == "localhost:8080")
        #expect(request.target == "/base/v1/users")
    }

    @Test func `parameters keep their order and are percent-encoded byte by byte`() throws {
        let rig = try Rig([])
        try rig.run { rig async throws in
            _ = try await rig.client.get(
                "/v1/users", params: ["q": "a b&c=d/e", "b": "\u{e9}", "a": "", "q": "-._~"])
        }
        #expect(
            rig.transport.attempts[0].target == "/v1/users?q=a%20b%26c%3Dd%2Fe&b=%C3%A9&a=&q=-._~")
    }

    @Test func `an answer has status, body, fields, time and correlation id`() throws {
        let rig = try Rig([
            .status(503, after: .milliseconds(20)),
            .status(
                201, after: .milliseconds(30), fields: [.eTag: "x"], body: #"{"a":[1,{"b":null}]}"#),
        ]) { $0.retry.jitter = .none }
        let response = try rig.run { rig in try await rig.client.get("/v1/users") }
        #expect(response.statusCode == 201)
        #expect(response.isSuccess)
        #expect(response.headers[.eTag] == "x")
        #expect(try response.data() == ["a": [1, ["b": nil]]])
        #expect(!response.cached && !response.isStale)
        #expect(response.responseTimeMs == 20 + 100 + 30)
        #expect(response.responseTime == .milliseconds(150))
    }

    @Test func `an empty body is null`() throws {
        let rig = try Rig([.status(204)])
        let response = try rig.run { rig in try await rig.client.delete("/v1/users") }
        #expect(try response.data() == .null)
    }

    @Test(arguments: [200, 301, 400, 403, 404, 409, 422])
    func `an answer that is no error comes back as it is`(status: Int) throws {
        let rig = try Rig([.status(status)])
        let response = try rig.run { rig in try await rig.client.get("/v1/users") }
        #expect(response.statusCode == status)
        #expect(rig.sends.count == 1)
    }

    @Test func `the typed variant decodes`() throws {
        let rig = try Rig([.status(200, body: body), .status(201, body: body)])
        try rig.run { rig async throws in
            let user = try await rig.client.get("/v1/users/7", as: User.self)
            #expect(user == User(id: 7, name: "Ada"))
            let posted = try await rig.client.post("/v1/users", body: nil)
            #expect(try posted.decoded(as: User.self) == user)
        }
    }

    @Test(
        arguments: [
            ("", "body", "is not valid JSON"),
            ("<html>", "body", "is not valid JSON"),
            (#"{"id":7}"#, "body.name", "is missing"),
            (#"{"id":"7","name":"Ada"}"#, "body.id", "is no Int"),
            (#"{"id":7,"name":null}"#, "body.name", "is null, not String"),
            (
                #"{"id":7,"name":"Ada","addresses":[{"city":"X"},{}]}"#, "body.addresses[1].city",
                "is missing"
            ),
            (#"{"id":7,"name":"Ada","role":"king"}"#, "body.role", "is not valid"),
        ])
    func `a body that does not decode is a VALIDATION_ERROR with its place and reason`(
        body: String, field: String, reason: String
    ) throws {
        let rig = try Rig([.status(200, body: body)])
        let error = #expect(throws: APIError.self) {
            try rig.run { rig in try await rig.client.get("/v1/users/7", as: User.self) }
        }
        #expect(error?.code == .validationError)
        #expect(error?.origin == .upstream)
        #expect(error?.fields.map(\.field) == [field])
        #expect(error?.fields.first?.reason.hasPrefix(reason) == true)
        #expect(error?.description.contains("Ada") == false)
    }

    @Test func `a status that is not 2xx does not decode`() throws {
        let rig = try Rig([.status(404, body: body)])
        let error = #expect(throws: APIError.self) {
            try rig.run { rig in try await rig.client.get("/v1/users/7", as: User.self) }
        }
        #expect(error?.fields == [FieldIssue(field: "status_code", reason: "is 404, not 2xx")])
        #expect(error?.statusCode == 404)
    }

    @Test func `a body that is not JSON is found out when it is read, with status and id`() throws {
        let rig = try Rig([.status(200, body: "nope")])
        let response = try rig.run { rig in try await rig.client.get("/v1/users") }
        let error = #expect(throws: APIError.self) { try response.data() }
        #expect(error?.code == .validationError)
        #expect(error?.correlationID == response.correlationID)
    }

    @Test func `a body nested without end is an error, no crash`() throws {
        let deep = String(repeating: "[", count: 100_000)
        let rig = try Rig([.status(200, body: deep)])
        let response = try rig.run { rig in try await rig.client.get("/v1/users") }
        #expect(throws: APIError.self) { try response.data() }
    }
}
