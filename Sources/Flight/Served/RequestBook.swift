import HTTPTypes
import ScenarioFile
import Upstream

/// Assigns each arrival to the request that it is an attempt of. The rule is in `docs/serve.md`. Ambiguous
/// assignments are always marked as unclear.
struct RequestBook {
    /// The largest number of pending requests of one content. They cannot be told apart, so forgetting the
    /// oldest loses nothing.
    private static let pendingMax = 64
    private static let sweepLeast = 1_024

    /// The interpretation of an arrival.
    enum Reading {
        /// Another attempt of a request. Unclear: it may also be another request.
        case attempt(SeenRequest, isUnclear: Bool)
        /// A new request.
        case new
        /// A new request that may also be an attempt of the given one.
        case newOrAttempt(SeenRequest)
        /// A new request by its name, or an attempt of the given one with a new name per attempt.
        case renamed(SeenRequest)
    }

    /// All requests with the same content.
    private struct Siblings {
        /// Those that may be retried, oldest first.
        var pending: [SeenRequest] = []
        /// The two requests with the most recent events, and the instants of these events.
        var latest: (request: SeenRequest, at: Int64)?
        var second: (request: SeenRequest, at: Int64)?

        mutating func heard(of request: SeenRequest, at now: Int64) {
            if let latest, latest.request !== request { second = latest }
            latest = (request, now)
        }

        /// Whether a request other than `request` had an event since `instant`.
        func hasOther(than request: SeenRequest, since instant: Int64) -> Bool {
            [latest, second].contains { entry in
                entry.map { $0.request !== request && $0.at >= instant } ?? false
            }
        }
    }

    let window: Int64
    private let requestTimeout: Int64
    private let sendsMax: Int
    private var named: [ServedIdentity: SeenRequest] = [:]
    private var siblings: [Fingerprint: Siblings] = [:]
    /// All remembered requests, oldest first.
    private var remembered: [SeenRequest] = []
    private var untilSweep = sweepLeast
    /// The kinds of names that the client was seen to keep from one attempt to the next.
    private(set) var keepsNames: Set<RecognizedBy> = []

    init(_ policy: CheckedPolicy) {
        window = policy.totalTimeout
        requestTimeout = policy.requestTimeout
        sendsMax = policy.sendsMax
    }

    // MARK: - Reading arrivals

    mutating func read(
        _ identity: ServedIdentity, _ fingerprint: Fingerprint, at now: Int64
    ) -> Reading {
        if identity.by == .content { return readContent(fingerprint, at: now) }
        if let known = named[identity] { return readName(known, at: now) }
        let failed = pending(fingerprint, at: now).first { $0.identity.by == identity.by }
        return failed.map { .renamed($0) } ?? .new
    }

    private mutating func readName(_ known: SeenRequest, at now: Int64) -> Reading {
        if known.identity.by == .traceparent, case .over(let isSuccess) = known.state {
            // One trace may contain the same request twice.
            return isSuccess ? .new : .newOrAttempt(known)
        }
        keepsNames.insert(known.identity.by)
        return .attempt(known, isUnclear: false)
    }

    private mutating func readContent(_ fingerprint: Fingerprint, at now: Int64) -> Reading {
        let nameless = pending(fingerprint, at: now).filter { $0.identity.by == .content }
        guard let oldest = nameless.first else { return hanging(fingerprint, at: now) }
        // A client that keeps to its policy does not retry a request that has used all its attempts.
        guard let open = nameless.first(where: { Int($0.attempts) < sendsMax }) else {
            stopExpecting(oldest)
            return .newOrAttempt(oldest)
        }
        let since = now > window ? now - window : 0
        let isAlone = siblings[fingerprint].map { !$0.hasOther(than: open, since: since) } ?? true
        return .attempt(open, isUnclear: !isAlone)
    }

    /// A request with the content of one that hangs: its client has given up on that one, or it is another client's.
    private mutating func hanging(_ fingerprint: Fingerprint, at now: Int64) -> Reading {
        let hanging = siblings[fingerprint]?.pending.first { request in
            request.isUnderWay && request.hangs && request.identity.by == .content
        }
        guard let hanging else { return .new }
        stopExpecting(hanging)
        return .newOrAttempt(hanging)
    }

    /// Only one arrival may be taken for its next attempt; marking all later ones as well would tell nothing.
    private mutating func stopExpecting(_ request: SeenRequest) {
        siblings[request.fingerprint]?.pending.removeAll { $0 === request }
    }

    /// The requests with that content that may be retried now, oldest first.
    private mutating func pending(_ fingerprint: Fingerprint, at now: Int64) -> [SeenRequest] {
        siblings[fingerprint]?.pending.filter {
            $0.mayBeRetried(at: now, requestTimeout: requestTimeout, window: window)
        } ?? []
    }

    // MARK: - Keeping the book

    /// Adds a new request that has arrived.
    mutating func enter(_ request: SeenRequest, at now: Int64) {
        if request.identity.by != .content { named[request.identity] = request }
        remembered.append(request)
        sent(request, at: now)
    }

    /// Records that an attempt of a request has arrived.
    mutating func sent(_ request: SeenRequest, at now: Int64) {
        siblings[request.fingerprint, default: Siblings()].heard(of: request, at: now)
        expect(request)
    }

    /// Records that an attempt of a request has ended.
    mutating func ended(_ request: SeenRequest, at now: Int64) {
        siblings[request.fingerprint, default: Siblings()].heard(of: request, at: now)
        if case .over = request.state {
            stopExpecting(request)
        } else {
            expect(request)
        }
    }

    private mutating func expect(_ request: SeenRequest) {
        guard var own = siblings.removeValue(forKey: request.fingerprint) else { return }
        if !own.pending.contains(where: { $0 === request }) {
            own.pending.append(request)
            if own.pending.count > Self.pendingMax { own.pending.removeFirst() }
        }
        siblings[request.fingerprint] = own
    }

    /// Forgets requests that will not be retried, if a cleanup is due.
    /// - Returns: the forgotten requests, oldest first.
    mutating func sweepIfDue(at now: Int64) -> [SeenRequest] {
        untilSweep -= 1
        guard untilSweep <= 0 else { return [] }
        let window = max(window, requestTimeout)
        return sweep { request in
            // An attempt in flight ends at some time, unless it hangs.
            if request.isUnderWay && !request.hangs { return false }
            return request.awaited(for: window) < now
        }
    }

    /// Forgets all requests.
    /// - Returns: the forgotten requests, oldest first.
    mutating func close() -> [SeenRequest] { sweep { _ in true } }

    private mutating func sweep(_ isPast: (SeenRequest) -> Bool) -> [SeenRequest] {
        var past: [SeenRequest] = []
        var kept: [SeenRequest] = []
        for request in remembered {
            if isPast(request) { past.append(request) } else { kept.append(request) }
        }
        remembered = kept
        for request in past {
            // A later request of the same trace may be stored under the same name.
            if named[request.identity] === request { named[request.identity] = nil }
            forget(request)
        }
        untilSweep = max(Self.sweepLeast, kept.count)
        return past
    }

    private mutating func forget(_ request: SeenRequest) {
        guard var own = siblings.removeValue(forKey: request.fingerprint) else { return }
        own.pending.removeAll { $0 === request }
        if own.latest?.request === request { (own.latest, own.second) = (own.second, nil) }
        if own.second?.request === request { own.second = nil }
        if own.latest != nil || !own.pending.isEmpty { siblings[request.fingerprint] = own }
    }
}
