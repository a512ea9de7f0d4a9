import APIClient
import HTTPTypes
import ScenarioFile
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

    // MARK: - From the caller

    func arrived(
        _ caller: VirtualCaller, _ target: ArrivedRequest.Target,
        expecting schema: JSONSchema? = nil
    ) {
        arrivals += 1
        let flown = caller.flown
        flown.next.value.target = target
        if schema != nil { flown.schema = schema }
        flown.next.value.client = flown.call.client
        flown.next.value.request = flown.call.request
        flown.next.value.clientTimeout = requestTimeout
        recorder?.request(
            caller.lines, flown.call, method: target.method.rawValue, path: target.path,
            at: flown.arrival)
    }

    func ended(_ caller: VirtualCaller, _ ending: RequestEnding, at now: Int64) {
        endings += 1
        recorder?.end(caller.lines, caller.call, ending, at: now)
        loads.look(at: caller.flown.load) { load in
            client(of: caller) { ended(caller, ending, load, $0, at: now) }
        }
    }

    @inline(__always) private func ended(
        _ caller: VirtualCaller, _ ending: RequestEnding, _ load: CheckedLoad,
        _ client: ClientState,
        at now: Int64
    ) {
        if case .answer(_, _, let source) = ending, caller.flown.cache == nil,
            source != .upstream || caller.flown.upstreamSends == 0
        {
            // It does not say that it has a cache.
            invariants.cacheAnswered(
                caller.flown, load, source == .stale ? .fallback(age: nil) : .kept(age: nil),
                of: client, at: now)
        }
        tally(caller.flown.load) {
            $0.ended(caller.flown, ending, isCacheable: load.isCacheable, at: now)
        }
        if let recovery, caller.flown.arrival >= warmup {
            health.catchUp(to: now, upstream)
            recovery.ended(
                isSuccess: ending.isSuccess, after: now - caller.flown.arrival, at: now)
        }
        if load.isWrite { client.underWay.outdated(caller.flown.path, at: now) }
        invariants.ended(caller.flown, of: client, at: now)
    }

    /// A caller gave up.
    func cancelled(_ caller: VirtualCaller, at now: Int64) {
        caller.flown.isCancelled = true
        recorder?.cancelled(caller.lines, caller.call, at: now)
    }

    /// A line of a client's own log, to be searched only.
    func logged(_ line: String) { recorder?.search(line) }

    // MARK: - From the client

    func observed(_ caller: VirtualCaller, _ event: ClientEvent, at now: Int64) {
        switch event {
        case .attemptStarted: caller.flown.clientSends += 1
        case .attemptEnded(let attempt, let result, _):
            recorder?.attemptEnded(caller.lines, caller.call, attempt, result, at: now)
            loads.look(at: caller.flown.load) { load in
                client(of: caller) { attemptEnded(caller, result, load, $0, at: now) }
            }
        case .admittedByBreaker(let isProbe):
            caller.flown.isProbe = isProbe
            if isProbe { client(of: caller) { $0.watch.probeBegins(caller.flown, at: now) } }
            _ = reachedBreaker(caller, at: now)
        case .refusedByBreaker(let retryAt): refused(caller, retryAt: retryAt, at: now)
        case .refusedByLimiter(let until):
            backoffEnds(caller, at: now)
            recorder?.refused(caller.lines, caller.call, by: "limiter", until: until, at: now)
        case .gaveUp(let reason):
            recorder?.gaveUp(caller.lines, caller.call, reason, at: now)
        case .waiting(let wait): waiting(caller, wait, at: now)
        case .breaker(let transition):
            recorder?.breaker(caller.lines, caller.call, transition, at: now)
            client(of: caller) {
                invariants.moved(transition, by: caller.flown, of: $0, at: now)
                $0.breaker.moved(transition, caller.flown)
            }
        case .cache(let event): cached(caller, event, at: now)
        }
    }

    private func attemptEnded(
        _ caller: VirtualCaller, _ result: AttemptResult, _ load: CheckedLoad,
        _ client: ClientState,
        at now: Int64
    ) {
        if case .failure(.cancelled) = result {
            (caller.flown.truth, caller.flown.isFinal) = (.neutral, false)
        }
        if client.breaker.counted(caller.flown, at: now) {
            invariants.failed(caller.flown, of: client, at: now)
        }
        // From now on the client knows that it was asked to stay away.
        if case .answer = result, let notBefore = caller.flown.notBefore,
            notBefore > client.stayAway.until
        {
            client.stayAway = (notBefore, caller.flown.call.request)
        }
        invariants.attemptEnded(caller.flown, load, result, by: client, at: now)
        // It may have had its effect: nobody need join what was under way before.
        if load.isWrite { client.underWay.outdated(caller.flown.path, at: now) }
        if load.isWritten, case .answer = result {
            consistency.answered(caller.flown, load, at: now)
        }
        caller.flown.endedAt = now
        caller.flown.waitedForLimiter = false
        // Whatever follows a success is no retry, but the next thing that the client does.
        caller.flown.isBackingOff = caller.flown.truth != .success
        caller.flown.isSending = false
    }

    /// The breaker is asked: for the first time in a request's life this decides on which side of the
    /// false positives it stands.
    /// - Returns: the probability of failure, now.
    private func reachedBreaker(_ caller: VirtualCaller, at now: Int64) -> Double {
        caller.flown.next.value.attempt = caller.flown.upstreamSends + 1
        caller.flown.next.value.clientTimeout = requestTimeout
        let probability = upstream.failureProbability(caller.flown.next.value, at: now)
        caller.flown.failureProbability = probability
        if !caller.flown.reachedBreaker {
            caller.flown.reachedBreaker = true
            tally(caller.flown.load) {
                $0.reachedBreaker(caller.flown, isHealthy: probability < 0.5)
            }
        }
        return probability
    }

    private func refused(_ caller: VirtualCaller, retryAt: Int64, at now: Int64) {
        recorder?.refused(caller.lines, caller.call, by: "breaker", until: retryAt, at: now)
        backoffEnds(caller, at: now)
        client(of: caller) { invariants.refusedByBreaker(caller.flown, of: $0, at: now) }
        health.asked(by: caller.call.client, at: now, upstream)
        let isFirstContact = !caller.flown.reachedBreaker
        let isHealthy = reachedBreaker(caller, at: now) < 0.5
        caller.flown.hasBeenRefused = true
        let clientTimeout = caller.clientTimeout(at: now)
        caller.flown.next.value.clientTimeout = min(requestTimeout, clientTimeout)
        let fate = upstream.foresee(caller.flown.next.value, at: now)
        let timeout = min(requestTimeout, caller.flown.arrival + totalTimeout - now)
        let isFalse =
            isFirstContact && client(of: caller) { !$0.breaker.lastOpeningWasJustified }
        tally(caller.flown.load) {
            $0.refused(
                caller.flown, isHealthy: isHealthy, isFalse: isFalse,
                isNeedless: wouldSucceed(caller.flown, fate, within: min(timeout, clientTimeout)))
        }
        judgeFirst(caller, fate, within: timeout, at: now)
    }

    /// Counts a request whose first attempt fails, or would have, where the cause passes in time.
    /// Asked at the instant of the attempt: later a sequence may have gone on.
    private func judgeFirst(
        _ caller: VirtualCaller, _ fate: Decision, within timeout: Int64, at now: Int64
    ) {
        guard !caller.flown.isJudged else { return }
        caller.flown.isJudged = true
        // A caller who gives up before it fails is none whom a retry could have helped.
        guard let cause = fate.cause(within: timeout),
            loads.look(at: caller.flown.load, \.isIdempotent),
            (fate.ends(within: timeout) ? fate.delay : timeout) < caller.clientTimeout(at: now)
        else { return }
        caller.flown.next.value.attempt = caller.flown.upstreamSends + 1
        if upstream.clears(
            caller.flown.next.value, of: cause, from: now, within: Self.referenceDeadline)
        {
            caller.flown.firstFailure = cause
        }
    }

    private static let referenceDeadline: Int64 = 30_000_000_000

    private func waiting(_ caller: VirtualCaller, _ wait: ClientWait, at now: Int64) {
        recorder?.wait(caller.lines, caller.call, wait, at: now)
        switch wait.reason {
        case .backoff, .retryAfter:
            caller.flown.previousBackoff =
                caller.flown.wait.flatMap { $0.reason == .backoff ? caller.flown.waited : nil }
            caller.flown.wait = wait
            caller.flown.waited = wait.until - now
            caller.flown.retries += 1
        case .limiter:
            backoffEnds(caller, at: now)
            caller.flown.waitedForLimiter = true
        case .leader: break
        }
    }

    private func cached(_ caller: VirtualCaller, _ event: CacheEvent, at now: Int64) {
        recorder?.cache(caller.lines, caller.call, event, at: now)
        let load = loads.members[caller.flown.load]
        switch event {
        case .hit(let age): cacheAnswered(caller, event, .kept(age: age), at: now)
        case .followed: cacheAnswered(caller, event, .shared, at: now)
        case .staleServed(let age): cacheAnswered(caller, event, .fallback(age: age), at: now)
        case .stored: if load.isWritten { consistency.stored(caller.flown, load) }
        case .invalidated: if load.writesCached { consistency.invalidated(caller.flown) }
        case .miss: break
        }
    }

    private func cacheAnswered(
        _ caller: VirtualCaller, _ event: CacheEvent, _ answer: InvariantChecker.CacheAnswer,
        at now: Int64
    ) {
        let load = loads.members[caller.flown.load]
        caller.flown.cache = event
        client(of: caller) {
            invariants.cacheAnswered(caller.flown, load, answer, of: $0, at: now)
        }
        if load.isWritten { noteLag(caller, load, event, at: now) }
    }

    private func noteLag(
        _ caller: VirtualCaller, _ load: CheckedLoad, _ event: CacheEvent, at now: Int64
    ) {
        let lag = consistency.lag(caller.flown, load, event, at: now)
        if lag > 0 { tally(caller.flown.load) { $0.lagged(caller.flown, by: lag) } }
    }

    @inline(__always) private func backoffEnds(_ caller: VirtualCaller, at now: Int64) {
        if caller.flown.isBackingOff { invariants.backoffEnds(caller.flown, at: now) }
    }

    // MARK: - From the upstream

    /// The upstream is about to decide.
    func deciding(for client: UInt32, at now: Int64) {
        health.asked(by: client, at: now, upstream)
    }

    /// The upstream has decided; its client goes away after `clientTimeout` nanoseconds. `isOwnMethod`: the
    /// attempt has the method that the caller asked for.
    func decided(
        _ request: TransportRequest, _ decision: Decision, for caller: VirtualCaller?,
        clientTimeout: Int64,
        isOwnMethod: Bool, at now: Int64
    ) {
        health.decided(at: now, upstream)
        guard let caller else { return }
        recorder?.attempt(
            caller.lines, request, decision, isProbe: caller.flown.isProbe,
            isCut: request.timeout < requestTimeout, at: now)
        loads.look(at: caller.flown.load) { load in
            client(of: caller) {
                sent(
                    caller, load, $0, decision, timeout: request.timeout,
                    clientTimeout: clientTimeout,
                    isOwnMethod: isOwnMethod, at: now)
            }
        }
    }

    @inline(__always) private func sent(
        _ caller: VirtualCaller, _ load: CheckedLoad, _ client: ClientState, _ decision: Decision,
        timeout: Int64, clientTimeout: Int64, isOwnMethod: Bool, at now: Int64
    ) {
        let flown = caller.flown
        let isEarly = flown.notBefore.map { now < $0 }
        let isInWait =
            now < client.stayAway.until && client.stayAway.request != flown.call.request
        invariants.sent(flown, load, by: client, at: now)
        invariants.checkTimeLimit(timeout, flown, at: now)
        tally(flown.load) {
            $0.sent(flown, isInWait: isInWait, isEarly: isEarly, at: now)
        }
        judgeFirst(caller, decision, within: timeout, at: now)
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
        if load.isWrite && decision.takesEffect { tookEffect(caller, load, decision, at: now) }
        if load.isWritten { consistency.read(flown, decision, at: now) }
        if let service = decision.service {
            tally(flown.load) { $0.served(flown, service, decision, clientTimeout: clientTimeout) }
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
        _ caller: VirtualCaller, _ load: CheckedLoad, _ decision: Decision, at now: Int64
    ) {
        caller.flown.effects += 1
        if load.writesCached && !(load.hasKey && caller.flown.effects > 1) {
            consistency.wrote(caller.flown, decision, at: now)
        }
        guard !load.isIdempotent else { return }
        tally(caller.flown.load) {
            $0.tookEffect(caller.flown, isFurther: caller.flown.effects > 1)
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
    func periods(until end: Int64) -> [UnhealthyPeriod] {
        let periods = health.periods(upstream, until: end)
        recovery?.close()
        return periods
    }

    /// Hands over what there is of a flight that did not come to its end.
    func closeEarly() { recorder?.handOver() }

    // MARK: - Helpers

    @inline(__always) private func client<Result>(
        of caller: VirtualCaller, _ body: (ClientState) -> Result
    ) -> Result { clients.look(at: Int(caller.flown.call.client), body) }

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
