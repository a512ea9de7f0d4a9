import APIClient
import HTTPTypes
import Upstream

/// What is known of one request while it flies. Confined to the simulation's thread.
///
/// A class, and never copied: it is handed to everybody who keeps count, several times a request. A caller
/// has one for all of its requests.
final class FlownRequest {
    var call = CallID(request: 0)
    /// Its load's place in the scenario.
    var load = 0
    var arrival: Int64 = 0
    /// When its caller gives up; `Int64.max`: never. And whether that has come.
    var cancelAt = Int64.max
    var isCancelled = false
    /// Whether its attempts arrive with the method and the path that it asks.
    var isSentAsAsked = false
    /// As the upstream would see its next attempt.
    let next = Cell(ArrivedRequest(method: .get, path: "", request: 0))
    /// What its answers are checked against.
    var schema: JSONSchema?

    /// Sends that the client announced, and those that the upstream saw.
    var clientSends: UInt32 = 0
    var upstreamSends: UInt32 = 0
    /// Those of them that were read by the upstream, and not turned away for their credentials: it may have
    /// acted on each.
    var reachedUpstream: UInt32 = 0
    /// What the last one was answered with; nil: not yet, or with nothing. And how many came after a 401 and
    /// after a 429.
    var answeredWith: Int?
    var retriesAfterUnauthorized: UInt32 = 0
    var retriesAfterLimit: UInt32 = 0
    /// Of a write, how many of them had the upstream do what they asked.
    var effects: UInt32 = 0

    /// Of the attempt under way or sent last.
    var failureProbability = 0.0
    var isProbe = false
    /// How many transitions the breaker had made when it was sent.
    var breakerEpoch = 0
    /// What the attempt says to a breaker, by what the upstream decided, not by the client's word.
    var truth = CircuitBreaker.Verdict.neutral
    /// Whether its answer leaves nothing to try again, and is to the request that the caller made.
    var isFinal = false
    /// Whether its answer may be kept: by its status, and because it is what it claims to be. A client that
    /// knows no schemas may keep what is at odds with one.
    var isKeepable = false
    /// For how long it may be, where its fields say something about that.
    var terms: CacheTerms?
    /// When the attempt before ended, what the client then waited for, and the wait before that.
    var endedAt: Int64 = 0
    var wait: ClientWait?
    var waited: Int64 = 0
    var waitedForLimiter = false
    /// Whether an attempt is under way by the client's word.
    var isSending = false
    /// Whether it has not gone on since the attempt before ended.
    var isBackingOff = false
    var previousBackoff: Int64?
    var retries = 0
    /// What the attempt before said about when to come back.
    var notBefore: Int64?
    /// It said something that the upstream model itself cannot read, such as a date in an obsolete form.
    var wasAskedUnclearly = false

    /// Whether the breaker has been asked at all.
    var reachedBreaker = false
    /// Whether its first attempt has been judged, and of which passing cause it failed, if of any: what
    /// makes the request count for retries.
    var isJudged = false
    var firstFailure: PassingCause?
    var hasBeenRefused = false
    var cache: CacheEvent?
    /// What its last attempt has read, where its path is written to as well.
    var reading: Reading?

    var method: HTTPRequest.Method { next.value.method }
    var path: String { next.value.path }

    /// Forgets the request before. What it asked is overwritten at its arrival.
    func reset(to call: CallID, load: Int, at arrival: Int64) {
        (self.call, self.load, self.arrival) = (call, load, arrival)
        (cancelAt, isCancelled, isSentAsAsked) = (.max, false, false)
        (clientSends, upstreamSends, reachedUpstream, effects) = (0, 0, 0, 0)
        (answeredWith, retriesAfterUnauthorized, retriesAfterLimit) = (nil, 0, 0)
        (failureProbability, isProbe, breakerEpoch) = (0, false, 0)
        (truth, isFinal, isKeepable) = (.neutral, false, false)
        // Hardly any request has one, and to let go of none costs as much as to let go of one.
        if schema != nil { schema = nil }
        terms = nil
        (endedAt, wait, waited, waitedForLimiter) = (0, nil, 0, false)
        (isSending, isBackingOff, previousBackoff, retries) = (false, false, nil, 0)
        (notBefore, wasAskedUnclearly) = (nil, false)
        (reachedBreaker, isJudged, firstFailure, hasBeenRefused) = (false, false, nil, false)
        (cache, reading) = (nil, nil)
    }
}

/// How a request ended.
enum RequestEnding: Sendable, Hashable {
    /// An answer; `isValid` says whether its body was what it claimed to be, and what its route's schema
    /// says.
    case answer(status: Int, isValid: Bool, source: Source)
    case error(APIError.Code, APIError.Origin)

    enum Source: Sendable, Hashable { case upstream, cache, stale }

    /// A 2xx answer that is as good as new.
    var isSuccess: Bool {
        guard case .answer(200...299, true, let source) = self else { return false }
        return source != .stale
    }

    /// A success that the upstream itself gave.
    var isFreshSuccess: Bool {
        if case .answer(200...299, true, .upstream) = self { true } else { false }
    }

    /// Whether it failed for a reason that lies with the caller alone.
    var isCallersFault: Bool {
        switch self {
        case .answer(let status, _, _): (400...499).contains(status)
        case .error(.cancelled, _), .error(.validationError, .client): true
        case .error: false
        }
    }
}
