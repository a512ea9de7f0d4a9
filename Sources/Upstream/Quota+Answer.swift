import HTTPTypes

extension Quota {
    /// The 429 for whoever finds the bucket empty.
    ///
    /// It is decided when the request arrives and says what is true then; `Retry-After` counts from
    /// when it is sent, so that it never asks to stay away for less than the bucket needs. A date
    /// is the first whole second at which there is a token, or at which the answer is sent, if that
    /// is later.
    func answer(
        _ bucket: TokenBucket, sentAt: Int64, decidedAt: Int64, epoch: Int64
    ) -> Answer {
        var answer = Answer.json(status: 429, headers: [], body: #"{"error":429}"#)
        // From the arrival: a bucket fills whether or not the answer is on its way.
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

    /// Adds the fields that tell a client how much is left (IETF draft `ratelimit-headers`, version
    /// 10): the policy, and the tokens after this request with the seconds from then until the
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

    /// Rounded up.
    private static func wholeSeconds(_ nanoseconds: Int64) -> Int64 {
        nanoseconds / 1_000_000_000 + (nanoseconds % 1_000_000_000 > 0 ? 1 : 0)
    }
}
