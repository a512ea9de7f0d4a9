import KeyedChance
import HTTPTypes
import Testing

@testable import Upstream

/// A kind of fault and its effect on an exchange whose answer takes 40 ms.
struct KindCase: Sendable, CustomTestStringConvertible {
    var effect: Fault.Effect
    var word: String
    var delay: Int64 = 40 * ms
    var takesEffect = true
    var isBeforeRequest = false
    var testDescription: String { effect.kind }

    static let all =
        [
            KindCase(effect: .status(StatusFault(status: 503)), word: "503", takesEffect: false),
            KindCase(effect: .status(StatusFault(status: 202)), word: "202"),
            KindCase(
                effect: .latency(LatencyFault(distribution: .fixed(ms))), word: "200",
                delay: 41 * ms),
            KindCase(
                effect: .drip(DripFault(distribution: .fixed(ms))), word: "200", delay: 41 * ms),
            KindCase(effect: .hang(HangFault()), word: "hang", delay: 0),
            KindCase(effect: .reset(ResetFault()), word: "reset"),
            KindCase(effect: .resetMidBody(ResetMidBodyFault()), word: "reset_mid_body"),
            KindCase(effect: .truncate(TruncateFault()), word: "truncated"),
            KindCase(effect: .empty(EmptyFault()), word: "empty"),
            KindCase(effect: .garbage(GarbageFault()), word: "garbage"),
            KindCase(effect: .badChunk(BadChunkFault()), word: "bad_chunk"),
            KindCase(effect: .headersCut(HeadersCutFault()), word: "headers_cut"),
            KindCase(effect: .duplicateLength(DuplicateLengthFault()), word: "duplicate_length"),
            KindCase(effect: .hugeHeaders(HugeHeadersFault()), word: "huge_headers"),
            KindCase(effect: .badGzip(BadGzipFault()), word: "bad_gzip"),
            KindCase(effect: .malformedJSON(MalformedJSONFault()), word: "200"),
            KindCase(effect: .wrongSchema(WrongSchemaFault()), word: "200"),
        ] + before

    static let before = [
        (.refuse(RefuseFault()), "refused"), (.expired(ExpiredCertificateFault()), "expired"),
        (.wrongHost(WrongHostCertificateFault()), "wrong_host"),
        (.untrusted(UntrustedCertificateFault()), "untrusted"),
        (.handshakeHang(HandshakeHangFault()), "handshake_hang"),
    ].map { (effect: Fault.Effect, word: String) in
        KindCase(effect: effect, word: word, delay: 0, takesEffect: false, isBeforeRequest: true)
    }
}

@Suite struct FaultKindTests {
    private func limited(_ faults: [Fault], servers: Int = 1, burst: UInt32 = 10) -> FaultyUpstream
    {
        FaultyUpstream(
            UpstreamConfiguration(
                latency: .fixed(40 * ms),
                capacity: Capacity(servers: servers, queue: 0, service: .fixed(100 * ms)),
                quota: Quota(rate: .perSecond(1), burst: burst), faults: faults),
            seed: 1, epoch: newYear)
    }

    @Test(arguments: KindCase.all) func eachKindDecidesItsEnding(item: KindCase) {
        let decision = upstream([Fault(effect: item.effect)]).decide(arrival(method: .post), at: 7)
        #expect(decision.word == item.word)
        #expect(decision.delay == item.delay)
        #expect(decision.takesEffect == item.takesEffect)
        #expect(decision.ending.isBeforeRequest == item.isBeforeRequest)
        #expect(decision.touchedBy == [0] && decision.shadowed == [])
        #expect(decision.refusal == nil && decision.service == nil && decision.notBefore == nil)
    }

    @Test func everyKindIsInTheTable() {
        #expect(Set(KindCase.all.map(\.effect.kind)).count == 21)
        let breakages = KindCase.all.compactMap { Breakage(rawValue: $0.word) }
        #expect(Set(breakages) == Set(Breakage.allCases))
    }

    /// What breaks on the way back breaks the answer that would have been given.
    @Test(arguments: KindCase.all.filter { Breakage(rawValue: $0.word) != nil })
    func aBrokenExchangeKnowsTheAnswerThatWouldHaveBeen(item: KindCase) throws {
        let route = Route(path: try PathPattern("/**"), status: 201, body: "whole")
        let decision = upstream(routes: [route], [Fault(effect: item.effect)])
            .decide(arrival(), at: 0)
        guard case .broken(_, let answer) = decision.ending else {
            Issue.record("not broken")
            return
        }
        #expect(answer.status == 201 && answer.text == "whole")
    }

    /// An upstream that says no has done nothing, whatever becomes of its answer.
    @Test(arguments: KindCase.all.filter { $0.word != "202" })
    func aRouteThatRefusesTakesNoEffect(item: KindCase) throws {
        let route = Route(path: try PathPattern("/**"), status: 404)
        let model = upstream(routes: [route], [Fault(effect: item.effect)])
        #expect(!model.decide(arrival(method: .post), at: 0).takesEffect)
    }

    @Test func dripsAddUpBehindTheLatencyAndAreTheBodysTime() {
        let drips = [ms, 20 * ms].map { Fault(effect: .drip(DripFault(distribution: .fixed($0)))) }
        let decision = upstream(drips + [slow(.fixed(5 * ms))]).decide(arrival(), at: 0)
        #expect(decision.delay == 66 * ms && decision.bodyTime == 21 * ms)
        #expect(decision.touchedBy == [0, 1, 2])
        let hanging = upstream(drips + [Fault(effect: .hang(HangFault()))]).decide(arrival(), at: 0)
        #expect(hanging.delay == 0 && hanging.bodyTime == 0)
        let latencies = upstream([slow(.fixed(ms))]).decide(arrival(), at: 0)
        #expect(latencies.bodyTime == 0)
    }

    @Test func aDripStrikesAsOftenAsItsProbability() {
        let drip = Fault(frequency: percent(30), effect: .drip(DripFault(distribution: .fixed(ms))))
        let model = upstream([drip])
        let struck = (0..<5_000 as Range<UInt64>).count {
            model.decide(arrival($0), at: 0).bodyTime == ms
        }
        #expect(abs(Double(struck) / 5_000 - 0.3) <= Bounds.share(0.3, of: 5_000))
    }

    // MARK: What an attempt takes

    @Test(arguments: KindCase.before)
    func whatStrikesBeforeTheRequestTakesNeitherATokenNorAServer(item: KindCase) {
        let fault = Fault(
            schedule: Schedule(start: 0, duration: second), effect: item.effect)
        let model = limited([fault], burst: 1)
        for number in 0..<5 as Range<UInt64> {
            let decision = model.decide(arrival(number), at: 0)
            #expect(decision.word == item.word && decision.refusal == nil)
            #expect(decision.service == nil && decision.delay == 0)
        }
        #expect(model.bucket?.tokens(at: 0) == 1 && model.station?.wait(at: 0) == 0)
    }

    @Test(arguments: KindCase.all.filter { !$0.isBeforeRequest })
    func everythingElseTakesATokenAndAServer(item: KindCase) {
        let model = limited([Fault(effect: item.effect)])
        let decision = model.decide(arrival(), at: 0)
        #expect(decision.word == item.word)
        #expect(decision.service == Decision.Service(wait: 0, duration: 100 * ms))
        #expect(decision.delay == (item.delay == 0 ? 0 : item.delay + 100 * ms))
        #expect(model.bucket?.tokens(at: 0) == 9 && model.station?.wait(at: 0) == nil)
    }

    @Test func aFullQueueTakesATokenButNoServer() {
        let model = limited([])
        _ = model.decide(arrival(0), at: 0)
        let refused = model.decide(arrival(1), at: 1)
        #expect(refused.word == "503" && refused.refusal == .capacity)
        #expect(refused.service == nil && !refused.takesEffect && refused.delay == 40 * ms)
        #expect(refused.notBefore == nil)
        #expect(model.bucket?.tokens(at: 1) == 8)
        #expect(model.station?.wait(at: 100 * ms) == 0)
    }

    @Test(arguments: KindCase.all.filter { !$0.isBeforeRequest })
    func aRefusalSetsTerminalFaultsAside(item: KindCase) {
        let isTerminal = !["latency", "drip"].contains(item.effect.kind)
        let faults = [
            Fault(
                schedule: Schedule(start: second), effect: item.effect),
            status(500, Schedule(start: second)),
        ]
        for (burst, word, refusal) in [
            (1, "429", Decision.Refusal.quota), (10, "503", .capacity),
        ] {
            let model = limited(faults, burst: UInt32(burst))
            // Takes the only token, or the only server, until after the second request.
            _ = model.decide(arrival(0), at: second - 1)
            let decision = model.decide(arrival(1), at: second)
            #expect(decision.word == word && decision.refusal == refusal)
            #expect(decision.touchedBy == (isTerminal ? [] : [0]))
            #expect(decision.shadowed == (isTerminal ? [0, 1] : [1]))
        }
    }

    /// A refused attempt counts towards a sequence although it did not meet the fault.
    @Test func aSequenceCountsWhomItStrikesAlsoWhereTheyAreTurnedAway() {
        let model = limited(
            [status(500, .always, .sequence(fail: 2, of: .all))], servers: 9, burst: 1)
        let words = (0..<3 as Range<UInt64>).map { model.decide(arrival($0), at: 0).word }
        #expect(words == ["500", "429", "429"])
        #expect(model.decide(arrival(3), at: second).word == "200")
    }

    // MARK: Work for clients that are gone

    @Test(arguments: [
        // At the server until the client goes; not at all, where it goes before.
        (Capacity.Abandoned.drop, 130 * ms, Decision.Service(wait: 100 * ms, duration: 30 * ms)),
        (.drop, 100 * ms, Decision.Service(wait: 100 * ms, duration: 0)),
        (.drop, 60 * ms, Decision.Service(wait: 60 * ms, duration: 0)),
        (.drop, 200 * ms, Decision.Service(wait: 100 * ms, duration: 100 * ms)),
        (.finish, 60 * ms, Decision.Service(wait: 100 * ms, duration: 100 * ms)),
    ])
    func abandonedWorkIsDroppedOrFinished(
        abandoned: Capacity.Abandoned, clientTimeout: Int64, service: Decision.Service
    ) {
        let model = FaultyUpstream(
            UpstreamConfiguration(
                capacity: Capacity(
                    servers: 1, queue: 1, service: .fixed(100 * ms), abandoned: abandoned)),
            seed: 1, epoch: 0)
        _ = model.decide(arrival(0), at: 0)
        var request = arrival(1)
        request.clientTimeout = clientTimeout
        let decision = model.decide(request, at: 0)
        #expect(decision.service == service)
        #expect(decision.takesEffect == (service.duration == 100 * ms))
        // What the client would have seen, had it stayed.
        #expect(decision.delay == 200 * ms)
        #expect(
            model.station?.firstFree(after: 0)
                == (clientTimeout > 100 * ms || abandoned == .finish
                    ? service.wait + service.duration : 100 * ms))
    }
}
