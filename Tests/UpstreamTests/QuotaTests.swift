import KeyedChance
import HTTPTypes
import Testing

@testable import Upstream

@Suite struct QuotaTests {
    static let quotas = [
        Quota(rate: .perSecond(40), burst: 80), Quota(rate: .perSecond(7), burst: 3),
        Quota(rate: .perMinute(100), burst: 1), Quota(rate: .perSecond(3_333_333), burst: 10),
        // 0.37 a second.
        Quota(rate: RequestRate(count: 37, per: 100 * second), burst: 5),
    ]

    private func model(_ quota: Quota, latency: Distribution = .fixed(0), _ faults: [Fault] = [])
        -> FaultyUpstream
    {
        FaultyUpstream(
            UpstreamConfiguration(latency: latency, quota: quota, faults: faults), seed: 1,
            epoch: newYear + 250 * ms)
    }

    /// Instants at about three times the quota's rate, with lulls and with several at once.
    private func instants(_ quota: Quota, count: Int) -> [Int64] {
        let gap = max(1, UInt64(quota.rate.per) / quota.rate.count)
        var chance = Chance(seed: 2, stream: Chance.Stream("test.quota"))
        var now: Int64 = 0
        return (0..<count).map { _ in
            switch chance.below(100) {
            case 0: now += Int64(chance.below(gap * UInt64(quota.burst + 1)))
            case 1...20: break
            default: now += Int64(chance.below(gap * 2 / 3 + 1))
            }
            return now
        }
    }

    // MARK: The bucket

    /// 7 tokens in 3 s, up to 2. By hand: a token is 3/7 s, 428 571 428.57... ns.
    @Test func tokensComeBackAsFractionsSay() {
        var bucket = TokenBucket(Quota(rate: RequestRate(count: 7, per: 3 * second), burst: 2))
        #expect(bucket.tokens(at: 0) == 2 && bucket.wait(at: 0) == 0)
        bucket.take(at: 0)
        bucket.take(at: 0)
        #expect(bucket.tokens(at: 0) == 0 && bucket.wait(at: 0) == 428_571_429)
        #expect(bucket.tokens(at: 428_571_428) == 0 && bucket.tokens(at: 428_571_429) == 1)
        #expect(bucket.wait(at: 428_571_428) == 1)
        // What is over after the first token counts for the second: 6/7 s, not twice the rounded
        // time.
        bucket.take(at: 428_571_429)
        #expect(bucket.tokens(at: 857_142_857) == 0 && bucket.tokens(at: 857_142_858) == 1)
        // The seventh token comes after 3 s to the nanosecond, with no remainder.
        bucket.take(at: 857_142_858)
        for number in 3...6 as ClosedRange<Int64> {
            let due = (number * 3 * second + 6) / 7
            #expect(bucket.tokens(at: due - 1) == 0 && bucket.tokens(at: due) == 1)
            bucket.take(at: due)
        }
        #expect(bucket.tokens(at: 3 * second - 1) == 0 && bucket.tokens(at: 3 * second) == 1)
        #expect(bucket.untilFull(at: 3 * second, taking: 0) == 428_571_429)
        #expect(bucket.untilFull(at: 3 * second, taking: 1) == 857_142_858)
        #expect(bucket.tokens(at: .max) == 2)
    }

    /// The same rule in another form, "virtual scheduling" (ITU-T I.371, the generic cell rate
    /// algorithm): a request conforms when it comes no more than burst - 1 gaps before its turn.
    @Test(arguments: quotas) func itLetsThroughWhatVirtualSchedulingDoes(quota: Quota) {
        let model = model(quota)
        let (count, gap) = (Int128(quota.rate.count), Int128(quota.rate.per))
        var turn: Int128 = 0
        var refusals = 0
        for (number, instant) in instants(quota, count: 2_000).enumerated() {
            // In `count` parts of a nanosecond: all whole numbers.
            let now = Int128(instant) * count
            let conforms = now >= turn - (Int128(quota.burst) - 1) * gap
            if conforms { turn = max(turn, now) + gap } else { refusals += 1 }
            let decision = model.decide(arrival(UInt64(number)), at: instant)
            #expect(decision.refusal == (conforms ? nil : .quota))
            #expect(decision.word == (conforms ? "200" : "429"))
        }
        #expect(refusals > 200)
    }

    /// For every i < j: j - i + 1 <= burst + rate * (t(j) - t(i)), of those let through.
    @Test(arguments: quotas) func noIntervalLetsThroughMoreThanTheBurstAndTheRate(quota: Quota) {
        let model = model(quota)
        let (count, per) = (Int128(quota.rate.count), Int128(quota.rate.per))
        var passed: Int128 = 0
        var least: Int128?
        var slack = Int128.max
        for (number, instant) in instants(quota, count: 2_000).enumerated() {
            guard model.decide(arrival(UInt64(number)), at: instant).refusal == nil else {
                continue
            }
            // i * per - count * t(i), whose smallest value so far is the interval that lets through
            // most.
            let place = passed * per - count * Int128(instant)
            least = min(least ?? place, place)
            passed += 1
            if let least { slack = min(slack, Int128(quota.burst) * per - (place + per - least)) }
        }
        #expect(slack >= 0)
        // And it is used up to the last token.
        #expect(slack < per)
    }

    // MARK: Coming back

    /// An answer after 30 ms, asked for in vain at an odd instant.
    private func refusal(_ quota: Quota, _ retryAfter: Quota.RetryAfter, at instant: Int64) throws
        -> (FaultyUpstream, Decision, String?)
    {
        var quota = quota
        quota.retryAfter = retryAfter
        let model = model(quota, latency: .fixed(30 * ms))
        for number in 0..<UInt64(quota.burst) { _ = model.decide(arrival(number), at: instant) }
        let decision = model.decide(arrival(1_000), at: instant)
        let answer = try #require(decision.answer)
        #expect(answer.status == 429 && decision.refusal == .quota && !decision.takesEffect)
        return (model, decision, answer.fields[.retryAfter])
    }

    private static let oddInstants = [0, 1, 999_999_999, 123_456_789, 5_500_000_000] as [Int64]

    /// Counted from the answer, as a client must: never early, and less than a second late beside
    /// the answer's own 30 ms.
    @Test(arguments: quotas, oddInstants)
    func aRetryAfterInSecondsIsNeverEarlyAndLessThanASecondLate(quota: Quota, instant: Int64) throws
    {
        let (model, decision, text) = try refusal(quota, .seconds, at: instant)
        let seconds = try #require(text.flatMap { Int64($0) })
        let welcome = instant + decision.delay + seconds * second
        #expect(decision.notBefore == welcome)
        let due = instant + (try #require(model.bucket)).wait(at: instant)
        #expect(welcome >= due && welcome < due + 30 * ms + second)
        #expect(model.decide(arrival(2_000), at: welcome).refusal == nil)
    }

    /// A date has whole seconds: the first at which there is a token, and not before the answer.
    @Test(arguments: quotas, oddInstants)
    func aRetryAfterDateIsNeverEarlyAndLessThanASecondLate(quota: Quota, instant: Int64) throws {
        let (model, decision, text) = try refusal(quota, .date, at: instant)
        let date = try #require(text.flatMap { HTTPDateFormat.seconds($0) })
        let welcome = date * second - model.epoch
        #expect(decision.notBefore == welcome)
        let due = instant + (try #require(model.bucket)).wait(at: instant)
        #expect(welcome >= due && welcome < max(due, instant + 30 * ms) + second)
        #expect(model.decide(arrival(2_000), at: welcome).refusal == nil)
    }

    @Test func aQuotaMayKeepSilentAboutWhenToComeBack() throws {
        let (_, decision, text) = try refusal(Self.quotas[0], .none, at: second)
        #expect(text == nil && decision.notBefore == nil)
    }

    // MARK: The fields

    /// IETF draft ratelimit-headers: lists of one string with parameters that are whole numbers.
    /// `r` and `t` say what is left once this request has its token.
    @Test func theFieldsSayWhatIsLeftAfterThisRequest() throws {
        let model = model(Quota(rate: .perSecond(2), burst: 3))
        let policy = HTTPField.Name("RateLimit-Policy")!
        let state = HTTPField.Name("RateLimit")!
        var texts: [String] = []
        for (number, instant) in [0, 0, 0, 0, 500 * ms, 10 * second].enumerated() {
            let answer = try #require(
                model.decide(arrival(UInt64(number)), at: instant).answer)
            #expect(answer.fields[policy] == #""default";q=3;w=2"#)
            texts.append(answer.fields[state] ?? "none")
        }
        #expect(
            texts == [
                #""default";r=2;t=1"#, #""default";r=1;t=1"#, #""default";r=0;t=2"#,
                #""default";r=0;t=2"#, #""default";r=0;t=2"#, #""default";r=2;t=1"#,
            ])
    }

    @Test(arguments: quotas) func theFieldsKeepTheDraftsSyntax(quota: Quota) throws {
        let model = model(quota)
        for (number, instant) in instants(quota, count: 200).enumerated() {
            let answer = try #require(model.decide(arrival(UInt64(number)), at: instant).answer)
            let fields = [("RateLimit-Policy", ["q", "w"]), ("RateLimit", ["r", "t"])]
            for (name, parameters) in fields {
                let text = try #require(answer.fields[HTTPField.Name(name)!])
                let parts = text.split(separator: ";", omittingEmptySubsequences: false)
                #expect(parts.count == 3 && parts[0] == #""default""#)
                for (part, parameter) in zip(parts.dropFirst(), parameters) {
                    let digits = part.dropFirst(2)
                    #expect(part.hasPrefix(parameter + "="))
                    // Structured Fields: at most 15 digits.
                    #expect((1...15).contains(digits.count))
                    #expect(digits.allSatisfy { $0.isASCII && $0.isNumber })
                }
            }
            #expect(answer.fields[.contentType] == "application/json")
        }
    }

    // MARK: Beside faults

    @Test func whatIsNotLetThroughIsNotSpoiled() {
        let model = model(
            Quota(rate: .perSecond(1), burst: 1),
            [status(503), Fault(effect: .hang(HangFault())), slow(.fixed(7 * ms))])
        #expect(model.decide(arrival(0), at: 0).word == "503")
        let refused = model.decide(arrival(1), at: 0)
        #expect(refused.word == "429" && refused.delay == 7 * ms)
        #expect(refused.touchedBy == [2] && refused.shadowed == [0, 1])
    }

    /// A slow body is slow also where it says no.
    @Test func aRefusalTricklesToo() {
        let model = model(
            Quota(rate: .perSecond(1), burst: 1),
            [
                Fault(effect: .drip(DripFault(distribution: .fixed(2 * second)))),
                slow(.fixed(7 * ms)),
            ])
        _ = model.decide(arrival(0), at: 0)
        let refused = model.decide(arrival(1), at: 0)
        #expect(refused.delay == 2 * second + 7 * ms && refused.bodyTime == 2 * second)
        #expect(refused.touchedBy == [0, 1])
        // Retry-After counts from the end of the answer.
        #expect(refused.notBefore == refused.delay + second)
    }
}
