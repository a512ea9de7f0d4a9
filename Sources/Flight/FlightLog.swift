import APIClient
import HTTPTypes
import Scenario
import Upstream

/// Sees everything that happens in a flight and tells those who keep count: the trace, the figures
/// and the invariants. Confined to the simulation's thread.
final class FlightLog: @unchecked Sendable {
    // Confined to the simulation's thread, as the class.
    private let recorder: Recorder?
    private let upstream: UpstreamBox
    private let loads: Roster<CheckedLoad>
    private let requestTimeout: Int64
    private let totalTimeout: Int64
    let invariants: InvariantChecker
    let total: Tally
    let byLoad: [Tally?]
    /// By the clients' numbers.
    let clients: Roster<ClientState>
    private let health: HealthWatch
    /// nil where nothing ever happens to the upstream.
    let recovery: RecoveryWatch?
    private let warmup: Int64
    private let consistency: ConsistencyWatch
    private(set) var arrivals: UInt64 = 0
    /// Attempts that the upstream has read, by what was decided.
    private(set) var readSends: UInt64 = 0
    private var endings: UInt64 = 0
    let bodies = BodyCheck()

    /// The loads whose places are in `tallied` get figures of their own.
    init(
        _ scenario: Scenario, _ configuration: APIClient.Configuration, _ upstream: UpstreamBox,
        _ schedules: [LoadSchedule], tallied: Set<Int>, recorder: Recorder?
    ) {
        self.recorder = recorder
        self.upstream = upstream
        let checked = CheckedLoad.all(schedules, hasCache: configuration.cache.isEnabled)
        loads = Roster(checked)
        let policy = CheckedPolicy(configuration)
        requestTimeout = policy.requestTimeout
        totalTimeout = policy.totalTimeout
        clients = Roster(
            ClientState.all(
                scenario.fleet.count, sharesCache: scenario.fleet.sharesCache, policy,
                warmup: scenario.warmup))
        warmup = scenario.warmup
        let firstFault = upstream.nextEdge(after: -1)
        recovery =
            firstFault == nil && !upstream.changesWithTraffic
            ? nil : RecoveryWatch(scenario, firstFault: firstFault)
        health = HealthWatch(
            scenario, changesWithTraffic: upstream.changesWithTraffic, recovery: recovery)
        consistency = ConsistencyWatch(
            clients: scenario.fleet.count, sharesCache: scenario.fleet.sharesCache, configuration)
        invariants = InvariantChecker(policy, checked)
        total = Tally(scenario, policy)
        byLoad = schedules.indices.map {
            tallied.contains($0) ? Tally(scenario, policy) : nil
        }
    }

    // MARK: - From the pilot

    func arrived(
        _ pilot: Pilot, _ target: ArrivedRequest.Target, expecting schema: JSONSchema? = nil
    ) {
        arrivals += 1
        let flown = pilot.flown
        flown.next.value.target = target
        if schema != nil { flown.schema = schema }
        flown.next.value.client = flown.call.client
        flown.next.value.request = flown.call.request
        flown.next.value.patience = requestTimeout
        recorder?.request(
            pilot.lines, flown.call, method: target.method.rawValue, path: target.path,
            at: flown.arrival)
    }

    func ended(_ pilot: Pilot, _ ending: RequestEnding, at now: Int64) {
        endings += 1
        recorder?.end(pilot.lines, pilot.call, ending, at: now)
        loads.look(at: pilot.flown.load) { load in
            client(of: pilot) { ended(pilot, ending, load, $0, at: now) }
        }
    }

    @inline(__always) private func ended(
        _ pilot: Pilot, _ ending: RequestEnding, _ load: CheckedLoad, _ client: ClientState,
        at now: Int64
    ) {
        if case .answer(_, _, let source) = ending, pilot.flown.cache == nil,
            source != .upstream || pilot.flown.upstreamSends == 0
        {
            // It does not say that it has a cache.
            invariants.cacheAnswered(
                pilot.flown, load, source == .stale ? .fallback(age: nil) : .kept(age: nil),
                of: client, at: now)
        }
        tally(pilot.flown.load) {
            $0.ended(pilot.flown, ending, isCacheable: load.isCacheable, at: now)
        }
        if let recovery, pilot.flown.arrival >= warmup {
            health.catchUp(to: now, upstream)
            recovery.ended(
                isSuccess: ending.isSuccess, after: now - pilot.flown.arrival, at: now)
        }
        if load.isWrite { client.underWay.outdated(pilot.flown.path, at: now) }
        invariants.ended(pilot.flown, of: client, at: now)
    }

    /// A caller gave up.
    func cancelled(_ pilot: Pilot, at now: Int64) {
        pilot.flown.isCancelled = true
        recorder?.cancelled(pilot.lines, pilot.call, at: now)
    }

    /// A line of a client's own log, to be searched only.
    func logged(_ line: String) { recorder?.search(line) }

    // MARK: - From the client

    func observed(_ pilot: Pilot, _ event: ClientEvent, at now: Int64) {
        switch event {
        case .attemptStarted: pilot.flown.clientSends += 1
        case .attemptEnded(let attempt, let result, _):
            recorder?.attemptEnded(pilot.lines, pilot.call, attempt, result, at: now)
            loads.look(at: pilot.flown.load) { load in
                client(of: pilot) { attemptEnded(pilot, result, load, $0, at: now) }
            }
        case .admittedByBreaker(let isProbe):
            pilot.flown.isProbe = isProbe
            if isProbe { client(of: pilot) { $0.watch.probeBegins(pilot.flown, at: now) } }
            _ = reachedBreaker(pilot, at: now)
        case .refusedByBreaker(let retryAt): refused(pilot, retryAt: retryAt, at: now)
        case .refusedByLimiter(let until):
            backoffEnds(pilot, at: now)
            recorder?.refused(pilot.lines, pilot.call, by: "limiter", until: until, at: now)
        case .gaveUp(let reason):
            recorder?.gaveUp(pilot.lines, pilot.call, reason, at: now)
        case .waiting(let wait): waiting(pilot, wait, at: now)
        case .breaker(let transition):
            recorder?.breaker(pilot.lines, pilot.call, transition, at: now)
            client(of: pilot) {
                invariants.moved(transition, by: pilot.flown, of: $0, at: now)
                $0.breaker.moved(transition, pilot.flown)
            }
        case .cache(let event): cached(pilot, event, at: now)
        }
    }

    private func attemptEnded(
        _ pilot: Pilot, _ result: AttemptResult, _ load: CheckedLoad, _ client: ClientState,
        at now: Int64
    ) {
        if case .failure(.cancelled) = result {
            (pilot.flown.truth, pilot.flown.isFinal) = (.neutral, false)
        }
        if client.breaker.counted(pilot.flown, at: now) {
            invariants.failed(pilot.flown, of: client, at: now)
        }
        // From now on the client knows that it was asked to stay away.
        if case .answer = result, let notBefore = pilot.flown.notBefore,
            notBefore > client.stayAway.until
        {
            client.stayAway = (notBefore, pilot.flown.call.request)
        }
        invariants.attemptEnded(pilot.flown, load, result, by: client, at: now)
        // It may have had its effect: nobody need join what was under way before.
        if load.isWrite { client.underWay.outdated(pilot.flown.path, at: now) }
        if load.isWritten, case .answer = result {
            consistency.answered(pilot.flown, load, at: now)
        }
        pilot.flown.endedAt = now
        pilot.flown.waitedForLimiter = false
        // Whatever follows a success is no retry, but the next thing that the client does.
        pilot.flown.isBackingOff = pilot.flown.truth != .success
        pilot.flown.isSending = false
    }

    /// The breaker is asked: for the first time in a request's life this decides on which side of the
    /// false positives it stands.
    /// - Returns: the probability of failure, now.
    private func reachedBreaker(_ pilot: Pilot, at now: Int64) -> Double {
        pilot.flown.next.value.attempt = pilot.flown.upstreamSends + 1
        pilot.flown.next.value.patience = requestTimeout
        let probability = upstream.failureProbability(pilot.flown.next.value, at: now)
        pilot.flown.failureProbability = probability
        if !pilot.flown.reachedBreaker {
            pilot.flown.reachedBreaker = true
            tally(pilot.flown.load) { $0.reachedBreaker(pilot.flown, isHealthy: probability < 0.5) }
        }
        return probability
    }

    private func refused(_ pilot: Pilot, retryAt: Int64, at now: Int64) {
        recorder?.refused(pilot.lines, pilot.call, by: "breaker", until: retryAt, at: now)
        backoffEnds(pilot, at: now)
        client(of: pilot) { invariants.refusedByBreaker(pilot.flown, of: $0, at: now) }
        health.asked(by: pilot.call.client, at: now, upstream)
        let isFirstContact = !pilot.flown.reachedBreaker
        let isHealthy = reachedBreaker(pilot, at: now) < 0.5
        pilot.flown.hasBeenRefused = true
        let patience = pilot.patience(at: now)
        pilot.flown.next.value.patience = min(requestTimeout, patience)
        let fate = upstream.foresee(pilot.flown.next.value, at: now)
        let timeout = min(requestTimeout, pilot.flown.arrival + totalTimeout - now)
        let isFalse =
            isFirstContact && client(of: pilot) { !$0.breaker.lastOpeningWasJustified }
        tally(pilot.flown.load) {
            $0.refused(
                pilot.flown, isHealthy: isHealthy, isFalse: isFalse,
                isNeedless: wouldSucceed(pilot.flown, fate, within: min(timeout, patience)))
        }
        judgeFirst(pilot, fate, within: timeout, at: now)
    }

    /// Counts a request whose first attempt fails, or would have, where the cause passes in time.
    /// Asked at the instant of the attempt: later a sequence may have gone on.
    private func judgeFirst(
        _ pilot: Pilot, _ fate: Decision, within timeout: Int64, at now: Int64
    ) {
        guard !pilot.flown.isJudged else { return }
        pilot.flown.isJudged = true
        // A caller who gives up before it fails is none whom a retry could have helped.
        guard let cause = fate.cause(within: timeout),
            loads.look(at: pilot.flown.load, \.isIdempotent),
            (fate.ends(within: timeout) ? fate.delay : timeout) < pilot.patience(at: now)
        else { return }
        pilot.flown.next.value.attempt = pilot.flown.upstreamSends + 1
        if upstream.clears(
            pilot.flown.next.value, of: cause, from: now, within: Self.referenceDeadline)
        {
            pilot.flown.firstFailure = cause
        }
    }

    private static let referenceDeadline: Int64 = 30_000_000_000

    private func waiting(_ pilot: Pilot, _ wait: ClientWait, at now: Int64) {
        recorder?.wait(pilot.lines, pilot.call, wait, at: now)
        switch wait.reason {
        case .backoff, .retryAfter:
            pilot.flown.previousBackoff =
                pilot.flown.wait.flatMap { $0.reason == .backoff ? pilot.flown.waited : nil }
            pilot.flown.wait = wait
            pilot.flown.waited = wait.until - now
            pilot.flown.retries += 1
        case .limiter:
            backoffEnds(pilot, at: now)
            pilot.flown.waitedForLimiter = true
        case .leader: break
        }
    }

    private func cached(_ pilot: Pilot, _ event: CacheEvent, at now: Int64) {
        recorder?.cache(pilot.lines, pilot.call, event, at: now)
        let load = loads.members[pilot.flown.load]
        switch event {
        case .hit(let age): cacheAnswered(pilot, event, .kept(age: age), at: now)
        case .followed: cacheAnswered(pilot, event, .shared, at: now)
        case .staleServed(let age): cacheAnswered(pilot, event, .fallback(age: age), at: now)
        case .stored: if load.isWritten { consistency.stored(pilot.flown, load) }
        case .invalidated: if load.writesCached { consistency.invalidated(pilot.flown) }
        case .miss: break
        }
    }

    private func cacheAnswered(
        _ pilot: Pilot, _ event: CacheEvent, _ answer: InvariantChecker.CacheAnswer, at now: Int64
    ) {
        let load = loads.members[pilot.flown.load]
        pilot.flown.cache = event
        client(of: pilot) {
            invariants.cacheAnswered(pilot.flown, load, answer, of: $0, at: now)
        }
        if load.isWritten { noteLag(pilot, load, event, at: now) }
    }

    private func noteLag(
        _ pilot: Pilot, _ load: CheckedLoad, _ event: CacheEvent, at now: Int64
    ) {
        let lag = consistency.lag(pilot.flown, load, event, at: now)
        if lag > 0 { tally(pilot.flown.load) { $0.lagged(pilot.flown, by: lag) } }
    }

    @inline(__always) private func backoffEnds(_ pilot: Pilot, at now: Int64) {
        if pilot.flown.isBackingOff { invariants.backoffEnds(pilot.flown, at: now) }
    }

    // MARK: - From the upstream

    /// The upstream is about to decide.
    func deciding(for client: UInt32, at now: Int64) {
        health.asked(by: client, at: now, upstream)
    }

    /// The upstream has decided; its client goes away after `patience` nanoseconds. `isOwnMethod`: the
    /// attempt has the method that the caller asked for.
    func decided(
        _ request: TransportRequest, _ decision: Decision, for pilot: Pilot?, patience: Int64,
        isOwnMethod: Bool, at now: Int64
    ) {
        health.decided(at: now, upstream)
        guard let pilot else { return }
        recorder?.attempt(
            pilot.lines, request, decision, isProbe: pilot.flown.isProbe,
            isCut: request.timeout < requestTimeout, at: now)
        loads.look(at: pilot.flown.load) { load in
            client(of: pilot) {
                sent(
                    pilot, load, $0, decision, timeout: request.timeout, patience: patience,
                    isOwnMethod: isOwnMethod, at: now)
            }
        }
    }

    @inline(__always) private func sent(
        _ pilot: Pilot, _ load: CheckedLoad, _ client: ClientState, _ decision: Decision,
        timeout: Int64, patience: Int64, isOwnMethod: Bool, at now: Int64
    ) {
        let flown = pilot.flown
        let isEarly = flown.notBefore.map { now < $0 }
        let isInWait =
            now < client.stayAway.until && client.stayAway.request != flown.call.request
        invariants.sent(flown, load, by: client, at: now)
        invariants.checkTimeLimit(timeout, flown, at: now)
        tally(flown.load) {
            $0.sent(flown, isInWait: isInWait, isEarly: isEarly, at: now)
        }
        judgeFirst(pilot, decision, within: timeout, at: now)
        flown.upstreamSends += 1
        flown.isSending = true
        flown.breakerEpoch = client.breaker.epoch
        client.breaker.sent(flown)
        if !decision.ending.isBeforeRequest {
            if decision.status != 401 { flown.reachedUpstream += 1 }
            readSends += 1
        }
        noteRetryAfter(flown, client, timeout, decision)
        noteMeaning(flown, isOwnMethod, timeout, decision)
        if load.isWrite && decision.takesEffect { tookEffect(pilot, load, decision, at: now) }
        if load.isWritten { consistency.read(flown, decision, at: now) }
        if let service = decision.service {
            tally(flown.load) { $0.served(flown, service, decision, patience: patience) }
        }
        if load.isCacheable, case .answer(let answer) = decision.ending {
            flown.isKeepable =
                [200, 203, 204].contains(answer.status) && bodies.isJSON(answer.body)
            if answer.fields[.cacheControl] != nil || answer.fields[.vary] != nil {
                flown.terms = CacheTerms(answer, invariants.policy)
                client.underWay.exempt(flown.path, at: now)
            } else {
                flown.terms = nil
            }
        }
    }

    /// A live attempt came out otherwise than decided, and the client goes by what came.
    func cameOut(
        _ flown: FlownRequest, _ result: Result<TransportResponse, TransportError>, timeout: Int64
    ) {
        switch result {
        case .success(let response):
            noteMeaning(flown, status: response.statusCode, isOwnMethod: true)
        case .failure(let error):
            (flown.isFinal, flown.answeredWith) = (false, nil)
            flown.truth = error.isTimeout && timeout < requestTimeout ? .neutral : .failure
        }
    }

    /// What the attempt says to a breaker and to a retry policy, if the client waits for its end.
    @inline(__always) private func noteMeaning(
        _ flown: FlownRequest, _ isOwnMethod: Bool, _ timeout: Int64, _ decision: Decision
    ) {
        (flown.isFinal, flown.answeredWith) = (false, nil)
        guard decision.ends(within: timeout) else {
            // The deadline, or the client's own idea, left less than a whole attempt.
            flown.truth = timeout < requestTimeout ? .neutral : .failure
            return
        }
        guard let status = decision.status else {
            flown.truth = .failure
            return
        }
        noteMeaning(flown, status: status, isOwnMethod: isOwnMethod)
    }

    @inline(__always) private func noteMeaning(
        _ flown: FlownRequest, status: Int, isOwnMethod: Bool
    ) {
        (flown.isFinal, flown.answeredWith) = (false, status)
        switch status {
        case 408, 429: flown.truth = .neutral
        case 500...:
            flown.truth = .failure
            flown.isFinal = !(status == 500 || 502...504 ~= status)
        default:
            flown.truth = .success
            // A client may ask several things on behalf of one caller.
            flown.isFinal = status != 401 && isOwnMethod
        }
    }

    private func tookEffect(
        _ pilot: Pilot, _ load: CheckedLoad, _ decision: Decision, at now: Int64
    ) {
        pilot.flown.effects += 1
        if load.writesCached && !(load.hasKey && pilot.flown.effects > 1) {
            consistency.wrote(pilot.flown, decision, at: now)
        }
        guard !load.isIdempotent else { return }
        tally(pilot.flown.load) {
            $0.tookEffect(pilot.flown, isFurther: pilot.flown.effects > 1)
        }
    }

    /// An answer that comes too late says nothing: nobody reads it.
    private func noteRetryAfter(
        _ flown: FlownRequest, _ client: ClientState, _ timeout: Int64, _ decision: Decision
    ) {
        flown.notBefore = nil
        flown.wasAskedUnclearly = false
        guard decision.status == 429 || decision.status == 503, decision.delay <= timeout,
            case .answer(let answer) = decision.ending
        else { return }
        flown.notBefore = decision.notBefore
        flown.wasAskedUnclearly = decision.notBefore == nil && answer.fields[.retryAfter] != nil
    }

    // MARK: - At the end

    /// Checks what only the whole flight can tell.
    /// - Parameter route: knows what really crossed.
    func close(_ route: FlightRoute? = nil) {
        if let account = route?.account(of: readSends) {
            invariants.note(
                .sendsAccounted, checked: 1, violated: account.problem != nil,
                account.problem ?? "")
        }
        invariants.checkSpread()
        let missing = arrivals > endings ? arrivals - endings : endings - arrivals
        invariants.note(
            .endsOnce, checked: arrivals, violated: missing > 0,
            "\(arrivals) requests arrived, \(endings) ended")
        if let recorder {
            recorder.handOver()
            invariants.note(
                .noSecretShown, checked: recorder.linesSearched, violated: recorder.canaryFound,
                "the API key stands in the trace")
        }
    }

    /// When the upstream was unhealthy, up to the end of what was flown.
    func spells(until end: Int64) -> [UnhealthySpell] {
        let spells = health.spells(upstream, until: end)
        recovery?.close()
        return spells
    }

    /// Hands over what there is of a flight that did not come to its end.
    func closeEarly() { recorder?.handOver() }

    // MARK: - Helpers

    @inline(__always) private func client<Result>(
        of pilot: Pilot, _ body: (ClientState) -> Result
    ) -> Result { clients.look(at: Int(pilot.flown.call.client), body) }

    @inline(__always) private func tally(_ load: Int, _ count: (Tally) -> Void) {
        count(total)
        if let own = byLoad[load] { count(own) }
    }

    /// Whether a decision gives a valid 2xx in time, as `success_rate` asks for.
    private func wouldSucceed(
        _ flown: FlownRequest, _ decision: Decision, within timeout: Int64
    ) -> Bool {
        guard case .answer(let answer) = decision.ending, decision.delay <= timeout,
            (200...299).contains(answer.status)
        else { return false }
        return bodies.isValid(
            answer.body, status: answer.status, fields: answer.fields, as: flown.schema)
    }
}
