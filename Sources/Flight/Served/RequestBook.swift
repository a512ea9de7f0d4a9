import HTTPTypes
import ScenarioFile
import Upstream

/// Tells which request an arrival is an attempt of. See `docs/serve.md` for the rule; nothing is guessed
/// without a word: what can be read in two ways is marked as unclear.
struct RequestBook {
    /// Requests of one content that are waited for, at the most. More of them are told apart by nothing,
    /// so that the oldest may as well be forgotten.
    private static let pendingMax = 64
    private static let sweepLeast = 1_024

    /// What an arrival is taken for.
    enum Reading {
        /// Another attempt of a request; unclear where it may as well be another request.
        case attempt(SeenRequest, isUnclear: Bool)
        /// A new request.
        case new
        /// A new request that may as well be an attempt of that one.
        case newOrAttempt(SeenRequest)
        /// A new request by its name; but it may be an attempt of that one under a name of its own.
        case renamed(SeenRequest)
    }

    /// All requests of one content.
    private struct Siblings {
        /// Those that may be tried again, by their age.
        var pending: [SeenRequest] = []
        /// The two that were heard of last, and when.
        var latest: (request: SeenRequest, at: Int64)?
        var second: (request: SeenRequest, at: Int64)?

        mutating func heard(of request: SeenRequest, at now: Int64) {
            if let latest, latest.request !== request { second = latest }
            latest = (request, now)
        }

        /// Whether another request than `request` was heard of since then.
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
    /// All that are remembered, by their age.
    private var remembered: [SeenRequest] = []
    private var untilSweep = sweepLeast
    /// Whether names of a kind were seen to be kept from one attempt to the next.
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
            // A trace may well ask for the same thing twice.
            return isSuccess ? .new : .newOrAttempt(known)
        }
        keepsNames.insert(known.identity.by)
        return .attempt(known, isUnclear: false)
    }

    private mutating func readContent(_ fingerprint: Fingerprint, at now: Int64) -> Reading {
        let nameless = pending(fingerprint, at: now).filter { $0.identity.by == .content }
        guard let oldest = nameless.first else { return hanging(fingerprint, at: now) }
        // One that has had all of its attempts is not tried again, by a client that keeps to its policy.
        guard let open = nameless.first(where: { Int($0.attempts) < sendsMax }) else {
            stopExpecting(oldest)
            return .newOrAttempt(oldest)
        }
        let since = now > window ? now - window : 0
        let isAlone = siblings[fingerprint].map { !$0.hasOther(than: open, since: since) } ?? true
        return .attempt(open, isUnclear: !isAlone)
    }

    /// Who asks for what was asked already and will never be answered has given up on that, or is
    /// somebody else.
    private mutating func hanging(_ fingerprint: Fingerprint, at now: Int64) -> Reading {
        let hanging = siblings[fingerprint]?.pending.first { request in
            request.isUnderWay && request.hangs && request.identity.by == .content
        }
        guard let hanging else { return .new }
        stopExpecting(hanging)
        return .newOrAttempt(hanging)
    }

    /// One arrival may be its next attempt; that all later ones may be, too, would say nothing.
    private mutating func stopExpecting(_ request: SeenRequest) {
        siblings[request.fingerprint]?.pending.removeAll { $0 === request }
    }

    /// Requests of that content that may be tried again now, by their age.
    private mutating func pending(_ fingerprint: Fingerprint, at now: Int64) -> [SeenRequest] {
        siblings[fingerprint]?.pending.filter {
            $0.mayBeRetried(at: now, requestTimeout: requestTimeout, window: window)
        } ?? []
    }

    // MARK: - Keeping the book

    /// A new request has arrived.
    mutating func enter(_ request: SeenRequest, at now: Int64) {
        if request.identity.by != .content { named[request.identity] = request }
        remembered.append(request)
        sent(request, at: now)
    }

    /// An attempt of it has arrived.
    mutating func sent(_ request: SeenRequest, at now: Int64) {
        siblings[request.fingerprint, default: Siblings()].heard(of: request, at: now)
        expect(request)
    }

    /// An attempt of it has ended.
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

    /// Forgets, now and then, those that nobody will try again.
    /// - Returns: them, by their age.
    mutating func sweepIfDue(at now: Int64) -> [SeenRequest] {
        untilSweep -= 1
        guard untilSweep <= 0 else { return [] }
        let window = max(window, requestTimeout)
        return sweep { request in
            // What is under way ends some time, unless it hangs.
            if request.isUnderWay && !request.hangs { return false }
            return request.awaited(for: window) < now
        }
    }

    /// Forgets all.
    /// - Returns: them, by their age.
    mutating func close() -> [SeenRequest] { sweep { _ in true } }

    private mutating func sweep(_ isPast: (SeenRequest) -> Bool) -> [SeenRequest] {
        var past: [SeenRequest] = []
        var kept: [SeenRequest] = []
        for request in remembered {
            if isPast(request) { past.append(request) } else { kept.append(request) }
        }
        remembered = kept
        for request in past {
            // A trace's later request may stand there under the same name.
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
