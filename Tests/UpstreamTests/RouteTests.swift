import HTTPTypes
import Testing

@testable import Upstream

@Suite struct RouteTests {
    private func decide(_ routes: [Route], _ request: ArrivedRequest) -> Decision {
        let model = upstream(routes: routes)
        return model.decide(request, at: 0)
    }

    @Test func theFirstRouteThatMatchesAnswers() throws {
        let routes = [
            Route(path: try PathPattern("/v1/users/{1..5}"), status: 404),
            Route(path: try PathPattern("/v1/users/*"), method: "POST", status: 201),
            Route(path: try PathPattern("/v1/**"), latency: .fixed(7 * ms), body: "{}"),
            Route(path: try PathPattern("/v1/users/7"), status: 500),
        ]
        #expect(decide(routes, arrival(path: "/v1/users/3")).word == "404")
        #expect(decide(routes, arrival(method: .post)).word == "201")
        let rest = decide(routes, arrival())
        #expect(rest.word == "200" && rest.delay == 7 * ms && rest.answer?.text == "{}")
        let other = decide(routes, arrival(path: "/v2"))
        #expect(other.word == "200" && other.delay == 40 * ms)
        #expect(other.answer?.text == UpstreamConfiguration.defaultBody)
    }

    @Test func aRouteWithoutALatencyHasTheUpstreams() throws {
        #expect(
            decide([Route(path: try PathPattern("/**"), status: 204)], arrival()).delay == 40 * ms)
    }

    @Test func aRoutesFieldsStandBesideTheContentTypeOrReplaceIt() throws {
        let route = Route(
            path: try PathPattern("/**"),
            headers: [
                Field(name: "Cache-Control", value: "max-age=60"),
                Field(name: "content-type", value: "application/problem+json"),
            ])
        let fields = try #require(decide([route], arrival()).answer?.fields)
        #expect(fields[.cacheControl] == "max-age=60")
        #expect(fields[values: .contentType] == ["application/problem+json"])
    }

    @Test func aFaultStrikesARouteToo() throws {
        let route = Route(path: try PathPattern("/**"), latency: .fixed(3 * ms), status: 201)
        let model = upstream(routes: [route], [status(503)])
        let decision = model.decide(arrival(), at: 0)
        #expect(decision.word == "503" && decision.delay == 3 * ms)
    }
}
