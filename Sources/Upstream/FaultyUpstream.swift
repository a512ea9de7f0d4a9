import KeyedChance
import HTTPTypes

/// An upstream described by a configuration: routes with latencies, a quota, a limited number of
/// servers, and scheduled faults.
///
/// A request first meets the faults that strike before it is read, then the quota, then the queue
/// and the servers. A request that is served takes effect; the other faults then change its answer.
/// All chance is keyed by the identity of the attempt. So attempts influence each other only
/// through shared state: tokens, servers, and sequences over all requests.
///
/// An instance is used by one thread at a time.
public final class FaultyUpstream: UpstreamModel {
    /// How many attempts a sequence over all requests has failed in its current occurrence.
    struct SequenceCount {
        var occurrence: Int64 = -1
        var failed: UInt32 = 0
        /// The attempt that was failed last.
        var last: (client: UInt32, request: UInt64, attempt: UInt32)?

        /// How many attempts were failed before this one. If this very attempt was failed last, it
        /// does not count, so that asking again after its decision gives the same number.
        func failed(before request: ArrivedRequest) -> UInt32 {
            guard let last, last == (request.client, request.request, request.attempt) else {
                return failed
            }
            return failed - 1
        }
    }

    static let latencyStream = Chance.Stream("upstream.latency")
    private static let serviceStream = Chance.Stream("upstream.service")
    private static let faultStream = Chance.Stream("upstream.fault")
    private static let faultLatencyStream = Chance.Stream("upstream.fault.latency")
    private static let burstStream = Chance.Stream("upstream.burst")
    private let latencyFamily: Chance.Family
    private let serviceFamily: Chance.Family

    /// The configuration that the upstream was made with.
    public let configuration: UpstreamConfiguration
    let epoch: Int64
    let faults: [PreparedFault]
    /// The configured routes, then one that matches every other request with the default answer.
    let routes: [PreparedRoute]
    var station: ServiceStation?
    let service: DistributionSampler?
    var bucket: TokenBucket?
    /// Whether there is neither a quota nor a capacity, so that only routes and faults decide.
    let isUnlimited: Bool
    private var sequences: [SequenceCount]
    let truth = GroundTruthCache()
    // No code is called back while this is changed, so the exclusivity check is not needed.
    @exclusivity(unchecked)
    private var lastRoute: (target: ArrivedRequest.Target, route: Int)?

    /// Makes an upstream in its initial state: a full token bucket, idle servers, no attempt
    /// counted.
    /// - Parameters:
    ///   - configuration: the routes, the limits and the faults.
    ///   - seed: the run's seed.
    ///   - epoch: the time of day at virtual time 0, in nanoseconds since 1970-01-01T00:00:00Z.
    public init(_ configuration: UpstreamConfiguration, seed: UInt64, epoch: Int64) {
        self.configuration = configuration
        self.epoch = epoch
        latencyFamily = Chance.Family(seed: seed, stream: Self.latencyStream)
        serviceFamily = Chance.Family(seed: seed, stream: Self.serviceStream)
        faults = configuration.faults.enumerated().map { index, fault in
            var burst: BurstChain?
            if case .burst(let enter, let leave, let slot) = fault.frequency {
                burst = BurstChain(
                    seed: seed, stream: Self.burstStream.numbered(index), enter: enter,
                    leave: leave, slot: slot)
            }
            return PreparedFault(
                fault,
                chance: Chance.Family(seed: seed, stream: Self.faultStream.numbered(index)),
                latencyChance: Chance.Family(
                    seed: seed, stream: Self.faultLatencyStream.numbered(index)), burst: burst)
        }
        let usual = DistributionSampler(configuration.latency)
        routes =
            configuration.routes.map { route in
                PreparedRoute(
                    route, latency: route.latency.map { DistributionSampler($0) } ?? usual)
            } + [PreparedRoute(nil, latency: usual)]
        sequences = Array(repeating: SequenceCount(), count: faults.count)
        station = configuration.capacity.map { ServiceStation($0) }
        service = configuration.capacity.map { DistributionSampler($0.service) }
        bucket = configuration.quota.map { TokenBucket($0) }
        isUnlimited = station == nil && bucket == nil
    }

    /// Decides by the route, the quota, the capacity, the faults and keyed chance, and updates the
    /// shared state.
    public func decide(_ request: ArrivedRequest, at instant: Int64) -> Decision {
        if isUsual(request, at: instant) { return usual(request, at: instant) }
        let struck = struck(request, at: instant)
        let plan = plan(request, struck, at: instant)
        // If the connection is refused, no request arrives that a sequence could count.
        if !plan.decision.ending.isBeforeRequest {
            for index in struck.all { count(index, request, at: instant) }
        }
        if plan.takesToken { bucket?.take(at: instant) }
        if let wait = plan.wait, let service = plan.decision.service {
            station?.take(service, wait: wait, at: instant)
        }
        return plan.decision
    }

    /// The decision that ``decide(_:at:)`` would make, without changing any shared state.
    public func foresee(_ request: ArrivedRequest, at instant: Int64) -> Decision {
        isUsual(request, at: instant)
            ? usual(request, at: instant)
            : plan(request, struck(request, at: instant), at: instant).decision
    }

    /// The next instant at which a fault begins or ends, a token arrives in an empty bucket, or a
    /// queue has become shorter.
    public func nextEdge(after instant: Int64) -> Int64? {
        var next: Int64?
        for fault in faults {
            let scheduled = fault.fault.schedule.nextEdge(after: instant)
            let burst = fault.burst.flatMap { chain -> Int64? in
                guard fault.fault.schedule.occurrence(at: instant) != nil else { return nil }
                return chain.nextEdge(after: instant, before: scheduled ?? .max)
            }
            for edge in [scheduled, burst] { if let edge { next = min(next ?? edge, edge) } }
        }
        if let wait = bucket?.wait(at: instant), wait > 0 {
            next = min(next ?? .max, .sumSaturated(instant, wait))
        }
        if let free = station?.firstFree(after: instant) {
            // While there is a queue, its length falls steadily. A sixteenth of the remaining time,
            // at least 1 ms, is fine enough.
            next = min(next ?? .max, instant + max(1_000_000, (free - instant) / 16))
        }
        return next
    }

    /// How busy the servers are; nil without `capacity`.
    public func stationLoad(at instant: Int64) -> StationLoad? { station?.load(at: instant) }

    // MARK: - The decision

    /// A decision, with the changes that it makes to the shared state.
    private struct Plan {
        var decision: Decision
        var takesToken = false
        /// Nanoseconds until a server starts on the request; nil if it does not get to one.
        var wait: Int64?
    }

    private func usual(_ request: ArrivedRequest, at instant: Int64) -> Decision {
        let route = routes[routeIndex(request)]
        let delay = latency(route, request)
        let mayWait = route.answer.status == 429 || route.answer.status == 503
        return Decision(
            ending: .answer(route.answer), delay: delay,
            notBefore: mayWait
                ? notBefore(.answer(route.answer), at: Int64.sumSaturated(instant, delay)) : nil,
            takesEffect: route.answer.status < 400)
    }

    /// Whether the route's answer is the whole decision, because there are no limits and no fault
    /// strikes. This is the usual case.
    private func isUsual(_ request: ArrivedRequest, at instant: Int64) -> Bool {
        guard isUnlimited else { return false }
        for index in faults.indices
        where concerns(index, request, at: instant) && strikes(index, request, at: instant) {
            return false
        }
        return true
    }

    /// The instant before which an ending at `instant` asks the client not to return; nil without a
    /// valid `Retry-After`. `meant`: the wait that a fault intends, which is more exact than the
    /// written field.
    private func notBefore(
        _ ending: Decision.Ending, at instant: Int64, meant: Int64? = nil
    ) -> Int64? {
        guard case .answer(let answer) = ending, answer.status == 429 || answer.status == 503 else {
            return nil
        }
        let asked =
            meant
            ?? answer.fields[.retryAfter].flatMap {
                RetryAfterField.delay($0, at: Int64.sumSaturated(epoch, instant))
            }
        return asked.map { Int64.sumSaturated(instant, $0) }
    }

    /// The faults that strike an attempt.
    private struct Struck {
        var all: [Int] = []
        var terminal: Int?
        var touched: [Int] = []
        var shadowed: [Int] = []
        var slower: Int64 = 0
        var body: Int64 = 0
    }

    private func struck(_ request: ArrivedRequest, at instant: Int64) -> Struck {
        var result = Struck()
        // By index: an iterator would copy each fault and retain a dozen references.
        for index in faults.indices
        where concerns(index, request, at: instant) && strikes(index, request, at: instant) {
            result.all.append(index)
            let fault = faults[index]
            if let sampler = fault.latency {
                var chance = draws(fault.latencyChance, request)
                let extra = sampler.sample(&chance)
                if fault.isDrip {
                    result.body = .sumSaturated(result.body, extra)
                } else {
                    result.slower = .sumSaturated(result.slower, extra)
                }
                result.touched.append(index)
            } else if result.terminal == nil {
                result.terminal = index
                result.touched.append(index)
            } else if let first = result.terminal, fault.isBeforeRequest,
                !faults[first].isBeforeRequest
            {
                // The connection fails before the request, so the answer that another fault chose
                // does not matter.
                shadowTerminal(&result)
                result.terminal = index
                result.touched.append(index)
            } else {
                result.shadowed.append(index)
            }
        }
        return result
    }

    private func plan(_ request: ArrivedRequest, _ struck: Struck, at instant: Int64) -> Plan {
        let route = routes[routeIndex(request)]
        var struck = struck
        if let terminal = struck.terminal, faults[terminal].isBeforeRequest {
            let moment = FaultMoment(wallClock: .sumSaturated(epoch, instant))
            let ending = faults[terminal].effect.ending(instead: route.answer, moment)
            return Plan(
                decision: Decision(
                    ending: ending, delay: 0, touchedBy: [terminal],
                    shadowed: struck.shadowed))
        }
        var delay = Int64.sumSaturated(latency(route, request), struck.slower)
        if let quota = configuration.quota, let bucket, bucket.tokens(at: instant) == 0 {
            shadowTerminal(&struck)
            let end = Int64.sumSaturated(instant, .sumSaturated(delay, struck.body))
            let answer = quota.answer(bucket, sentAt: end, decidedAt: instant, epoch: epoch)
            return refused(.quota, answer, delay, struck, at: instant)
        }
        guard let service, let station else {
            return answered(route, delay, struck, service: nil, at: instant)
        }
        guard let wait = station.wait(at: instant) else {
            shadowTerminal(&struck)
            let busy = Answer.json(status: 503, headers: [], body: #"{"error":503}"#)
            return refused(.capacity, busy, delay, struck, at: instant)
        }
        var chance = draws(serviceFamily, request)
        let work = service.sample(&chance)
        let stay = station.service(wait: wait, duration: work, clientTimeout: request.clientTimeout)
        // The delay of work that is not abandoned: a client that left earlier does not see the end
        // anyway.
        delay = .sumSaturated(delay, .sumSaturated(wait, work))
        var plan = answered(route, delay, struck, service: stay, at: instant)
        plan.wait = wait
        if stay.wait < wait || stay.duration < work { plan.decision.takesEffect = false }
        return plan
    }

    /// Moves the terminal fault to the shadowed ones, because the request did not get far enough
    /// for it.
    private func shadowTerminal(_ struck: inout Struck) {
        guard let terminal = struck.terminal else { return }
        struck.touched.removeAll { $0 == terminal }
        struck.shadowed.insert(terminal, at: 0)
        struck.terminal = nil
    }

    private func refused(
        _ refusal: Decision.Refusal, _ answer: Answer, _ delay: Int64, _ struck: Struck,
        at instant: Int64
    ) -> Plan {
        let ending = Decision.Ending.answer(answer)
        // Latency and drip faults also slow down a refusal, its body included.
        let whole = Int64.sumSaturated(delay, struck.body)
        var decision = Decision(
            ending: ending, delay: whole,
            notBefore: notBefore(ending, at: .sumSaturated(instant, whole)),
            touchedBy: struck.touched, shadowed: struck.shadowed)
        decision.bodyTime = struck.body
        decision.refusal = refusal
        // The quota is checked before the queue, so a request that finds the queue full has taken a
        // token.
        return Plan(decision: decision, takesToken: refusal == .capacity)
    }

    private func answered(
        _ route: PreparedRoute, _ delay: Int64, _ struck: Struck, service: Decision.Service?,
        at instant: Int64
    ) -> Plan {
        var answer = route.answer
        if let quota = configuration.quota, let bucket {
            quota.describe(&answer, bucket, at: instant, taking: 1)
        }
        let whole = Int64.sumSaturated(delay, struck.body)
        let end = Int64.sumSaturated(instant, whole)
        let moment = FaultMoment(wallClock: .sumSaturated(epoch, end))
        var ending = Decision.Ending.answer(answer)
        var meant: Int64?
        if let terminal = struck.terminal {
            ending = faults[terminal].effect.ending(instead: answer, moment)
            meant = faults[terminal].effect.retryAfter(moment)
        }
        var decision = Decision(
            ending: ending, delay: whole, notBefore: notBefore(ending, at: end, meant: meant),
            touchedBy: struck.touched, shadowed: struck.shadowed)
        decision.bodyTime = struck.body
        decision.service = service
        switch ending {
        case .answer: break
        // A route whose answer is an error has no effect, even if a fault replaces the answer.
        case .broken: decision.takesEffect = answer.status < 400
        case .hang:
            decision.takesEffect = answer.status < 400
            (decision.delay, decision.bodyTime) = (0, 0)
        }
        return Plan(decision: decision, takesToken: true)
    }

    func routeIndex(_ request: ArrivedRequest) -> Int {
        // Called twice for each attempt: for its failure probability and for its decision.
        if let known = unsafe lastRoute, known.target === request.target { return known.route }
        let route = routes.firstIndex { $0.concerns(request) } ?? routes.count - 1
        unsafe lastRoute = (request.target, route)
        return route
    }

    private func latency(_ route: PreparedRoute, _ request: ArrivedRequest) -> Int64 {
        var chance = draws(latencyFamily, request)
        return route.latency.sample(&chance)
    }

    /// Whether a fault is active and the request is in its scope.
    func concerns(_ index: Int, _ request: ArrivedRequest, at instant: Int64) -> Bool {
        let prepared = faults[index]
        return (prepared.isAlwaysActive || prepared.schedule.occurrence(at: instant) != nil)
            && (!prepared.isScoped || prepared.scope.concerns(request))
    }

    private func strikes(_ index: Int, _ request: ArrivedRequest, at instant: Int64) -> Bool {
        switch faults[index].frequency {
        case .always: return true
        case .probability(let probability):
            var chance = draws(faults[index].chance, request)
            return chance.happens(probability)
        case .sequence: return failuresLeft(index, request, at: instant) > 0
        case .burst: return faults[index].burst?.isOn(at: instant) ?? false
        }
    }

    /// How many further attempts, this one included, a sequence fails; 0 for other faults.
    func failuresLeft(_ index: Int, _ request: ArrivedRequest, at instant: Int64) -> UInt32 {
        guard case .sequence(let fail, let population) = faults[index].frequency else {
            return 0
        }
        switch population {
        case .eachRequest: return fail >= request.attempt ? fail - request.attempt + 1 : 0
        case .all: return fail - min(fail, failed(index, before: request, at: instant))
        }
    }

    // A separate function: within a loop over all faults, exclusivity checks would be made on each
    // round.
    @inline(never)
    private func failed(_ index: Int, before request: ArrivedRequest, at instant: Int64) -> UInt32 {
        let isPresent =
            sequences[index].occurrence == faults[index].schedule.occurrence(at: instant)
        return isPresent ? sequences[index].failed(before: request) : 0
    }

    private func count(_ index: Int, _ request: ArrivedRequest, at instant: Int64) {
        guard case .sequence(_, .all) = faults[index].frequency,
            let occurrence = faults[index].schedule.occurrence(at: instant)
        else { return }
        if sequences[index].occurrence != occurrence {
            sequences[index] = SequenceCount(occurrence: occurrence)
        }
        sequences[index].failed += 1
        sequences[index].last = (request.client, request.request, request.attempt)
    }

    private func draws(_ family: Chance.Family, _ request: ArrivedRequest) -> Chance {
        Chance(
            family, client: request.client, request: request.request, attempt: request.attempt)
    }
}
