import APIClient
import Flight
import ScenarioFile
import Testing
import Upstream

/// A client with a known fault, and the flight that must show it.
struct BrokenClient: CustomTestStringConvertible, Sendable {
    let name: String
    /// The invariant that must be violated, with a part of its message.
    let caught: Invariant
    let message: String
    /// Other invariants that are violated as well.
    var also: [Invariant] = []
    var weather: Weather
    let make: ClientFactory

    var testDescription: String { name }

    /// The scenario of a flight.
    struct Weather: Sendable {
        let text: String
        var client = ""
        var settings: [String] = []
        /// How long after its arrival a caller gives up.
        var cancelAfter: Distribution?

        func scenario() throws -> Scenario {
            var plan = try FlightTests.scenario(
                text, client: client, settings: ["client.jitter=full"] + settings)
            for index in plan.loads.indices { plan.loads[index].cancelAfter = cancelAfter }
            return plan
        }
    }

    /// The clients that are a loop over a plain transport.
    static let loops: [BrokenClient] = [
        .loop(
            "ignores Retry-After", .ignoresRetryAfter, .retryAfterRespected,
            "ns before Retry-After allows", .rateLimited),
        .loop(
            "takes the seconds of Retry-After for milliseconds", .takesSecondsForMilliseconds,
            .retryAfterRespected, "seconds taken for milliseconds?", .rateLimited),
        .loop(
            "retries once too often", .retriesOnceTooOften, .sendsBounded,
            "5 sends; allowed are 4", .errors),
        .loop(
            "retries after a 429 as often as after anything else", .retriesEvery429, .sendsBounded,
            "2 retries after a 429; allowed are 1", .rateLimited),
        .loop(
            "has no jitter", .waitsTheCeiling, .backoffVaries,
            "lie in the highest sixteenth of what the jitter allows", .errors),
        .loop(
            "retries at once", .waitsNothing, .backoffVaries,
            "lie in the lowest sixteenth of what the jitter allows", .errors),
        .loop(
            "has half of the jitter that it should have", .waitsTheUpperHalf, .backoffVaries,
            "lies in the lowest eighth of what the jitter allows", .errors),
        .loop(
            "retries a POST after a reset", .retriesWrites, .noDoubleEffect,
            "sent again although the upstream had read it", .resets),
        .loop(
            "retries a 404", .retriesNotFound, .noRetryOfFinal,
            "sent again after an answer that leaves nothing to try again", .notFound),
        .loop(
            "sends after the deadline", .sendsAfterTheDeadline, .nothingAfterDeadline,
            "ns after the deadline", .hangs, also: [.timeLimitInBounds]),
        .loop(
            "has no timeout", .hasNoTimeout, .timeLimitInBounds,
            "waits 600000000000 ns for an answer; the policy allows 5000000000", .errors),
        .loop(
            "goes on when its caller has gone", .survivesItsCaller, .nothingAfterCancel,
            "ns after its caller had given up", .cancelled),
        .loop(
            "logs the key", .logsTheKey, .noSecretShown, "the API key stands in a client's log",
            .errors),
        .loop(
            "labels a metric with the key", .labelsAMetricWithTheKey, .noSecretShown,
            "the API key stands in a client's metrics", .errors),
        .loop(
            "counts sends by the minute of the clock", .countsByTheMinute, .limiterBound,
            "61 sends within", .limited),
        .loop(
            "has no breaker at all", nil, .opensByPolicy,
            "still closed after 5 failures of 5 results",
            .outage),
    ]

    /// The clients that are the product's client with one faulty part.
    static let parts: [BrokenClient] = [
        .init(
            name: "its breaker counts a 404 as a failure", caught: .opensByPolicy,
            message: "opened on 0 failures of 5 results", also: [.noRetryOfFinal],
            weather: .notFound.with("enable_circuit_breaker: true")
        ) { environment throws(APIError) in
            try environment.makeAPIClient(
                transport: ThrowingTransport(transport: environment.transport))
        },
        .init(
            name: "its breaker looks at failures only, not at their share", caught: .opensByPolicy,
            message: "opened on 5 failures of", weather: .noise, make: breaker(.ignoresTheTotal)),
        .init(
            name: "its breaker leaks the permit of a probe that was cancelled",
            caught: .probeWhenDue,
            message: "refused although its time is up and no probe is under way",
            weather: .flapping(cancelAfter: .exponential(mean: 300_000_000)),
            make: breaker(.keepsThePermitOfWhoeverGoes)),
        .init(
            name: "its breaker is half open too early", caught: .probeWhenDue,
            message: "ns after it opened; the policy says 1000000000",
            weather: .flapping()
        ) { environment throws(APIError) in
            var configuration = environment.configuration
            configuration.breaker.openDuration = .milliseconds(100)
            return try environment.makeAPIClient(configuration: configuration)
        },
        .init(
            name: "its half-open breaker lets everybody through", caught: .oneProbeAtATime,
            message: "probes under way", weather: .flapping(), make: breaker(.letsEverybodyProbe)),
        .init(
            name: "its breaker closes on a late result", caught: .closesByProbe,
            message: "the breaker closed on a result from before it opened", weather: .flapping(),
            make: breaker(.closesOnAnySuccess)),
        .init(
            name: "serves stale answers for ever", caught: .fallbackInBounds,
            message: "the policy allows 3000000000", weather: .staleness()
        ) { environment throws(APIError) in
            try environment.makeAPIClient(cacheStore: EternalCache())
        },
        .init(
            name: "keeps answers for too long", caught: .noStaleAnswer,
            message: "ns old passed for fresh", weather: .staleness()
        ) { environment throws(APIError) in
            var configuration = environment.configuration
            configuration.cache.timeToLive = .seconds(60)
            return try environment.makeAPIClient(configuration: configuration)
        },
        .init(
            name: "keeps answers for longer than their max-age", caught: .noStaleAnswer,
            message: "ns old passed for fresh; its own fields allow 2000000000",
            weather: .cacheControl("max-age=2"),
            make: { environment in NaiveCache(environment, .doesNotReadCacheControl) }),
        .init(
            name: "keeps answers that are not to be kept", caught: .noStaleAnswer,
            message: "ns old passed for fresh; its own fields allow 0",
            weather: .cacheControl("no-store"),
            make: { environment in NaiveCache(environment, .doesNotReadCacheControl) }),
        .init(
            name: "falls back on answers that must be revalidated", caught: .fallbackInBounds,
            message: "ns old; its own fields allow 1000000000",
            weather: .staleness(headers: "{ Cache-Control: must-revalidate }")
        ) { environment throws(APIError) in
            try environment.makeAPIClient(cacheStore: LenientCache())
        },
        .init(
            name: "shares answers between callers", caught: .answersNotShared,
            message: "an answer that was given to another caller", weather: .tenants
        ) { environment throws(APIError) in try environment.makeAPIClient(cacheStore: PathCache())
        },
        .init(
            name: "keeps errors", caught: .answersNotShared, message: "an answer from nowhere",
            weather: .missing, make: { environment in NaiveCache(environment, .keepsErrors) }),
        .init(
            name: "fetches what it is fetching already", caught: .oneUpstreamCall,
            message: "upstream calls for the same resource under way already",
            weather: .popular, make: { environment in NaiveCache(environment, .fetchesSideBySide) }),
        .init(
            name: "sends through a library that retries by itself", caught: .sendsAccounted,
            message: "the upstream saw", also: [.sendsBounded],
            weather: .brokenConnections
        ) { environment throws(APIError) in
            try environment.makeAPIClient(
                transport: EagerTransport(transport: environment.transport))
        },
    ]

    static let all = loops + parts

    private static func loop(
        _ name: String, _ habit: NaiveLoop.Habit?, _ caught: Invariant, _ message: String,
        _ weather: Weather, also: [Invariant] = []
    ) -> BrokenClient {
        BrokenClient(
            name: name, caught: caught, message: message, also: also, weather: weather,
            make: { NaiveLoop($0, habit) })
    }

    private static func breaker(_ flaw: HandmadeBreaker.Flaw) -> ClientFactory {
        { environment throws(APIError) in
            try environment.makeAPIClient(
                breakerStore: HandmadeBreaker(environment.configuration.breaker, flaw))
        }
    }
}
