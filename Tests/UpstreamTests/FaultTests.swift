import KeyedChance
import HTTPTypes
import Testing

@testable import Upstream

@Suite struct FaultTests {
    // MARK: The kinds

    @Test func withoutAFaultTheUsualAnswerComesAfterItsLatency() throws {
        let model = upstream()
        let decision = model.decide(arrival(), at: second)
        let answer = try #require(decision.answer)
        #expect(answer.status == 200)
        #expect(answer.text == #"{"ok":true}"#)
        #expect(answer.fields[.contentType] == "application/json")
        #expect(decision.delay == 40 * ms)
        #expect(decision.touchedBy == [] && decision.shadowed == [])
        #expect(decision.notBefore == nil)
    }

    @Test func anErrorStatusComesAfterTheUsualLatency() throws {
        let model = upstream([status(503)])
        let decision = model.decide(arrival(), at: 0)
        #expect(decision.word == "503" && decision.delay == 40 * ms)
        #expect(decision.answer?.text == #"{"error":503}"#)
        #expect(decision.touchedBy == [0])
    }

    @Test func aStatusMayHaveFieldsAndABodyOfItsOwn() throws {
        let fault = StatusFault(
            status: 500,
            headers: [
                Field(name: "X-Reason", value: "disk"), Field(name: "x-reason", value: "full"),
                Field(name: "Content-Type", value: "text/plain"),
            ], body: "sorry")
        let model = upstream([Fault(effect: .status(fault))])
        let answer = try #require(model.decide(arrival(), at: 0).answer)
        #expect(answer.text == "sorry")
        #expect(answer.fields[values: HTTPField.Name("X-Reason")!] == ["disk", "full"])
        #expect(answer.fields[values: .contentType] == ["text/plain"])
    }

    @Test func aHangNeverAnswers() {
        let model = upstream([Fault(effect: .hang(HangFault()))])
        let decision = model.decide(arrival(), at: 0)
        #expect(decision.word == "hang" && decision.delay == 0)
    }

    @Test func aRefusalIsInstant() {
        let model = upstream([slow(.fixed(second)), Fault(effect: .refuse(RefuseFault()))])
        let decision = model.decide(arrival(), at: 0)
        #expect(decision.word == "refused" && decision.delay == 0)
    }

    @Test func aResetComesWhenTheAnswerWouldHave() {
        let model = upstream([slow(.fixed(second)), Fault(effect: .reset(ResetFault()))])
        let decision = model.decide(arrival(), at: 0)
        #expect(decision.word == "reset" && decision.delay == second + 40 * ms)
    }

    @Test(arguments: [nil, "11", "{}", "[1,2,3]", "\"text\"", "", "null", "[[]]"])
    func malformedJSONIsNeverJSONInAWholeAnswer(body: String?) throws {
        let route = Route(path: try PathPattern("/**"), status: 201, body: body)
        let model = upstream(routes: [route], [Fault(effect: .malformedJSON(MalformedJSONFault()))])
        let answer = try #require(model.decide(arrival(), at: 0).answer)
        #expect(answer.status == 201)
        #expect(answer.fields[.contentType] == "application/json")
        // No JSON text begins with `[` and has more closing than opening brackets to come.
        let opened = answer.body.count { $0 == UInt8(ascii: "[") }
        let closed = answer.body.count { $0 == UInt8(ascii: "]") }
        #expect(answer.body.first == UInt8(ascii: "[") && opened > closed)
    }

    @Test func latencyFaultsAddUp() {
        let model = upstream([slow(.fixed(100 * ms)), slow(.fixed(7 * ms))])
        let decision = model.decide(arrival(), at: 0)
        #expect(decision.word == "200" && decision.delay == 147 * ms)
        #expect(decision.touchedBy == [0, 1])
    }

    // MARK: Several at once

    @Test func theFirstTerminalFaultWinsAndTheOthersAreShadowed() {
        let model = upstream([
            slow(.fixed(ms)), status(503), Fault(effect: .hang(HangFault())), slow(.fixed(2 * ms)),
            status(500),
        ])
        let decision = model.decide(arrival(), at: 0)
        #expect(decision.word == "503" && decision.delay == 43 * ms)
        #expect(decision.touchedBy == [0, 1, 3])
        #expect(decision.shadowed == [2, 4])
    }

    /// The position in the file does not matter, because nothing is listening.
    @Test(arguments: BeforeRequest.allCases)
    func whatStrikesBeforeARequestComesBeforeAllOthers(kind: BeforeRequest) {
        let model = FaultyUpstream(
            UpstreamConfiguration(
                latency: .fixed(0),
                quota: Quota(rate: RequestRate(count: 1, per: 60 * second), burst: 1),
                faults: [
                    status(404), status(500, .always, .sequence(fail: 2, of: .all)),
                    Fault(schedule: Schedule(start: 0, duration: second), effect: kind.effect),
                ]), seed: 1, epoch: newYear)
        for number in 0..<5 as Range<UInt64> {
            let truth = model.failureProbability(arrival(number), at: Int64(number))
            let decision = model.decide(arrival(number), at: Int64(number))
            #expect(decision.ending.isBeforeRequest && truth == 1)
            #expect(decision.touchedBy == [2] && decision.shadowed == [0, 1])
        }
        // The token is there still, and so are the sequence's two.
        let next = model.decide(arrival(9), at: second)
        #expect(next.word == "404" && next.shadowed == [1])
    }

    enum BeforeRequest: CaseIterable {
        case refuse
        case untrusted

        var effect: Fault.Effect {
            switch self {
            case .refuse: .refuse(RefuseFault())
            case .untrusted: .untrusted(UntrustedCertificateFault())
            }
        }
    }

    /// No wire carries one.
    @Test(arguments: [204, 304])
    func anAnswerThatMayHaveNoBodyHasNone(code: Int) throws {
        let route = Route(path: try PathPattern("/**"), status: code)
        let faults = [
            nil, status(code), Fault(effect: .malformedJSON(MalformedJSONFault())),
            Fault(effect: .wrongSchema(WrongSchemaFault())),
        ]
        for fault in faults {
            let model = upstream(routes: [route], fault.map { [$0] } ?? [])
            let answer = model.decide(arrival(), at: 0).answer
            #expect(answer?.status == code && answer?.body == [])
        }
        #expect(Answer(status: code, fields: [:], body: [1]).body == [])
    }

    @Test func aFaultThatDoesNotStrikeShadowsNothing() {
        let model = upstream([
            status(503, .always, percent(0)), status(500, Schedule(start: 10 * second)),
            status(502, scope: .init(method: "POST")), status(504),
        ])
        let decision = model.decide(arrival(), at: 0)
        #expect(decision.word == "504" && decision.touchedBy == [3] && decision.shadowed == [])
    }

    // MARK: When, whom, how often

    @Test func aWindowIsHalfOpen() {
        let model = upstream([status(503, Schedule(start: second, duration: second))])
        let words = [second - 1, second, 2 * second - 1, 2 * second].map {
            model.decide(arrival(), at: $0).word
        }
        #expect(words == ["200", "503", "503", "200"])
    }

    struct Concern: Sendable, CustomTestStringConvertible {
        let scope: Fault.Scope
        let request: ArrivedRequest
        let isConcerned: Bool

        init(_ scope: Fault.Scope, _ request: ArrivedRequest, _ isConcerned: Bool) {
            (self.scope, self.request, self.isConcerned) = (scope, request, isConcerned)
        }

        var testDescription: String {
            "\(scope), \(request.method) of client \(request.client): \(isConcerned)"
        }
    }

    @Test(arguments: [
        Concern(Fault.Scope(method: "GET"), arrival(), true),
        Concern(Fault.Scope(method: "GET"), arrival(method: .post), false),
        Concern(Fault.Scope(client: 1), arrival(client: 1), true),
        Concern(Fault.Scope(client: 1), arrival(client: 0), false),
        Concern(Fault.Scope(path: try! PathPattern("/v1/users/{1..9}")), arrival(), true),
        Concern(Fault.Scope(path: try! PathPattern("/v1/users/{1..6}")), arrival(), false),
        Concern(
            Fault.Scope(path: try! PathPattern("/v1/**")), arrival(path: "/v1/users/7?x=1"), true),
        Concern(
            Fault.Scope(method: "GET", path: try! PathPattern("/a"), client: 0), arrival(), false),
        Concern(
            Fault.Scope(method: "GET", path: try! PathPattern("/v1/*/7"), client: 0), arrival(),
            true),
    ])
    func aFaultConcernsItsScopeOnly(_ each: Concern) {
        let model = upstream([status(503, scope: each.scope)])
        #expect(model.decide(each.request, at: 0).word == (each.isConcerned ? "503" : "200"))
    }

    /// 20 000 draws of 30 %: within 4 standard deviations, 4 * sqrt(20 000 * 0.3 * 0.7) = 259.
    @Test func aProbabilityStrikesThatOften() {
        let model = upstream([status(503, .always, percent(30))])
        let struck = (0..<20_000).count { model.decide(arrival($0), at: 0).word == "503" }
        #expect(abs(struck - 6_000) <= 259)
    }

    @Test func twoFaultsDrawIndependently() {
        let model = upstream([status(503, .always, percent(50)), status(500, .always, percent(50))])
        var counts: [String: Int] = [:]
        for request in 0..<10_000 as Range<UInt64> {
            let decision = model.decide(arrival(request), at: 0)
            counts["\(decision.word) \(decision.shadowed)", default: 0] += 1
        }
        // A quarter each; 4 * sqrt(10 000 * 3 / 16) = 173.
        for outcome in ["503 [1]", "503 []", "500 []", "200 []"] {
            #expect(abs(counts[outcome, default: 0] - 2_500) <= 173, "\(outcome)")
        }
    }

    @Test func aSequenceOfEachRequestFailsItsFirstAttempts() {
        let model = upstream([status(503, .always, .sequence(fail: 2, of: .eachRequest))])
        for request in [5, 6] as [UInt64] {
            let words = (1...4).map { model.decide(arrival(request, attempt: $0), at: 0).word }
            #expect(words == ["503", "503", "200", "200"])
        }
    }

    @Test func aSequenceOfAllCountsThroughAllRequests() {
        let model = upstream([status(503, .always, .sequence(fail: 3, of: .all))])
        let words = (0..<5).map { model.decide(arrival($0), at: Int64($0)).word }
        #expect(words == ["503", "503", "503", "200", "200"])
    }

    @Test func aSequenceOfAllBeginsAnewWithEachOccurrence() {
        let schedule = Schedule(start: second, duration: second, period: 10 * second)
        let model = upstream([status(503, schedule, .sequence(fail: 2, of: .all))])
        let instants = [0, second, second, second, 11 * second, 11 * second, 11 * second]
        let words = instants.enumerated().map { model.decide(arrival(UInt64($0)), at: $1).word }
        #expect(words == ["200", "503", "503", "200", "503", "503", "200"])
    }

    @Test func aSequenceOfAllCountsOnlyWhatIsInItsScope() {
        let model = upstream([
            status(503, scope: .init(method: "POST"), .sequence(fail: 1, of: .all))
        ])
        #expect(model.decide(arrival(0), at: 0).word == "200")
        #expect(model.decide(arrival(1, method: .post), at: 0).word == "503")
        #expect(model.decide(arrival(2, method: .post), at: 0).word == "200")
    }

    // MARK: Identity

    private static let noisy: [Fault] = [
        status(503, Schedule(start: 0, duration: 2 * second, period: 3 * second), percent(40)),
        slow(.exponential(mean: 30 * ms), .always, percent(50)),
        Fault(frequency: percent(10), effect: .reset(ResetFault())),
        status(429, .always, .sequence(fail: 1, of: .eachRequest), retryAfter: .seconds(2)),
    ]

    @Test func whatHappensToOneAttemptDoesNotDependOnTheOthers() {
        let latency = Distribution.lognormal(median: 40 * ms, p99: 180 * ms)
        let all = upstream(latency: latency, Self.noisy)
        for request in 0..<300 as Range<UInt64> {
            for attempt in 1...2 as ClosedRange<UInt32> {
                let instant = Int64(request) * 17 * ms
                let among = all.decide(arrival(request, attempt: attempt), at: instant)
                let alone = upstream(latency: latency, Self.noisy)
                let own = alone.decide(arrival(request, attempt: attempt), at: instant)
                #expect(among.description == own.description)
            }
        }
    }

    @Test func theFateOfAnAttemptIsKeyedByEachPartOfItsIdentityAndTheSeed() {
        let latency = Distribution.uniform(from: 0, to: second)
        func delay(_ request: ArrivedRequest, seed: UInt64 = 1) -> Int64 {
            upstream(latency: latency, seed: seed).foresee(request, at: 0).delay
        }
        let delays = [
            delay(arrival(1)), delay(arrival(2)), delay(arrival(1, attempt: 2)),
            delay(arrival(1, client: 1)), delay(arrival(1), seed: 2),
        ]
        #expect(Set(delays).count == delays.count)
        #expect(delay(arrival(1)) == delays[0])
    }

    @Test func aFaultAddedBehindChangesNothingOfTheOthersChance() {
        let few = upstream([status(503, .always, percent(40))])
        let more = upstream([
            status(503, .always, percent(40)), slow(.fixed(0), .always, percent(50)),
        ])
        for request in 0..<500 as Range<UInt64> {
            #expect(
                few.decide(arrival(request), at: 0).word
                    == more.decide(arrival(request), at: 0).word)
        }
    }

    // MARK: Foreseeing

    @Test func foreseeingAgreesWithDecidingAndChangesNothing() {
        let faults =
            Self.noisy + [status(500, Schedule(start: second), .sequence(fail: 40, of: .all))]
        let model = upstream(latency: .exponential(mean: 20 * ms), faults)
        let untouched = model
        for request in 0..<300 as Range<UInt64> {
            let instant = Int64(request) * 17 * ms
            for other in 0..<3 as Range<UInt64> {
                _ = model.foresee(arrival(other + 1_000), at: instant)
            }
            let foreseen = model.foresee(arrival(request), at: instant)
            let decided = model.decide(arrival(request), at: instant)
            #expect(foreseen.description == decided.description)
            #expect(
                decided.description == untouched.decide(arrival(request), at: instant).description)
        }
    }

    /// Asked right after its decision, a sequence still counts the attempt itself: it is then known
    /// what the attempt was up against.
    @Test func anAttemptJustDecidedIsStillSeenAsItWas() {
        let model = upstream([status(503, .always, .sequence(fail: 2, of: .all))])
        for request in 0..<4 as Range<UInt64> {
            let decided = model.decide(arrival(request), at: 0)
            #expect(model.foresee(arrival(request), at: 0).word == decided.word)
            #expect(
                model.failureProbability(arrival(request), at: 0) == (decided.word == "503" ? 1 : 0)
            )
        }
    }
}
