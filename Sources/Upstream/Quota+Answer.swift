import HTTPTypes

extension Quota {
    /// The 429 for a request that finds the bucket empty.
    ///
    /// It describes the state at the request's arrival. `Retry-After` counts from the moment at
    /// which the answer is sent, so that it never asks for less than the bucket needs. A date is
    /// the first whole second at which there is a token and the answer has been sent.
    func answer(
        _ bucket: TokenBucket, sentAt: Int64, decidedAt: Int64, epoch: Int64
    ) -> Answer {
        var answer = Answer.json(status: 429, headers: [], body: #"{"error":429}"#)
        // From the arrival: the bucket fills while the answer is on its way.
        let wait = bucket.wait(at: decidedAt)
        switch retryAfter {
        case .seconds:
            let seconds = max(1, Self.wholeSeconds(wait))
            answer.fields[.retryAfter] = RetryAfterField.seconds(seconds).text(at: 0)
        case .date:
            let welcome = max(sentAt, .sumSaturated(decidedAt, wait))
            answer.fields[.retryAfter] = RetryAfterField.date(seconds: 0)
                .text(at: .sumSaturated(epoch, welcome))
        case .none: break
        }
        describe(&answer, bucket, at: decidedAt, taking: 0)
        return answer
    }

    /// Adds the fields `RateLimit-Policy` and `RateLimit` (IETF draft `ratelimit-headers`, version
    /// 10): the policy, the tokens that are left after this request, and the seconds until the
    /// bucket is full.
    func describe(_ answer: inout Answer, _ bucket: TokenBucket, at now: Int64, taking: UInt32) {
        let whole = Self.wholeSeconds(
            Int64(clamping: Int128(burst) * Int128(rate.per) / Int128(max(1, rate.count))))
        let left = bucket.tokens(at: now) - min(taking, bucket.tokens(at: now))
        let reset = Self.wholeSeconds(bucket.untilFull(at: now, taking: taking))
        answer.fields[Self.policyName] = #""default";q=\#(burst);w=\#(max(1, whole))"#
        answer.fields[Self.stateName] = #""default";r=\#(left);t=\#(reset)"#
    }

    private static let policyName = HTTPField.Name("RateLimit-Policy")!
    private static let stateName = HTTPField.Name("RateLimit")!

    /// The duration in seconds, rounded up.
    private static func wholeSeconds(_ nanoseconds: Int64) -> Int64 {
        nanoseconds / 1_000_000_000 + (nanoseconds % 1_000_000_000 > 0 ? 1 : 0)
    }
}
