import APIClient
import Testing
import Upstream

@testable import Flight

@Suite struct FlownRequestTests {
    /// A caller reuses one value for all its requests, so no state of one request may remain for
    /// the next. The test compares every variable, including ones added later.
    @Test func nothingIsLeftOfTheRequestBefore() throws {
        let used = FlownRequest()
        let call = CallID(client: 1, request: 2)
        used.reset(to: CallID(client: 3, request: 4), load: 5, at: 6)
        (used.cancelAt, used.isCancelled, used.isSentAsAsked) = (7, true, true)
        (used.clientSends, used.upstreamSends, used.reachedUpstream, used.effects) = (8, 9, 10, 11)
        (used.failureProbability, used.isProbe, used.breakerEpoch) = (0.5, true, 12)
        (used.truth, used.isFinal, used.isKeepable) = (.failure, true, true)
        (used.answeredWith, used.retriesAfterUnauthorized, used.retriesAfterLimit) = (429, 19, 20)
        (used.schema, used.terms) = (try JSONSchema(parsing: Array("{}".utf8)), CacheTerms.unkept)
        (used.endedAt, used.waited, used.waitedForLimiter) = (13, 14, true)
        used.wait = ClientWait(reason: .backoff, until: 15, lower: 15, upper: 15)
        (used.isSending, used.isBackingOff, used.previousBackoff, used.retries) = (
            true, true, 16, 17
        )
        (used.notBefore, used.wasAskedUnclearly) = (18, true)
        (used.reachedBreaker, used.isJudged, used.hasBeenRefused) = (true, true, true)
        (used.firstFailure, used.cache, used.reading) = (.failure, .miss, Reading())
        let fresh = FlownRequest()
        fresh.reset(to: call, load: 1, at: 2)
        let before = Self.variables(used)
        let expected = Self.variables(fresh)
        for (name, value) in before where name != "next" {
            #expect(value != expected[name], "\(name) is not put to the test")
        }
        used.reset(to: call, load: 1, at: 2)
        #expect(Self.variables(used) == expected)
    }

    private static func variables(_ flown: FlownRequest) -> [String: String] {
        var variables: [String: String] = [:]
        for child in Mirror(reflecting: flown).children {
            variables[child.label ?? ""] = String(describing: child.value)
        }
        return variables
    }
}
