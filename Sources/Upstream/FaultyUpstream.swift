import Chance
import HTTPTypes

/// An upstream by configuration: routes with their latencies, and faults on a schedule.
///
/// Chance is keyed by the identity of the attempt, so what happens to one attempt never depends on
/// the others; only sequences over all requests have a memory.
public struct FaultyUpstream: UpstreamModel, Sendable {
    /// How many attempts a sequence over all requests has failed in its present occurrence.
    struct SequenceCount: Sendable {
        var occurrence: Int64 = -1
        var failed: UInt32 = 0
        /// The attempt that was failed last.
        var last: (client: UInt32, request: UInt64, attempt: UInt32)?

        /// How many attempts were failed before this one: who asks about an attempt that was just
        /// decided is told what it was up against.
        func failed(before request: ArrivedRequest) -> UInt32 {
            guard let last, last == (request.client, request.request, request.attempt) else {
                return failed
            }
            return failed - 1
        }
    }

    static let latencyStream = Chance.Stream("upstream.latency")
    private static let faultStream = Chance.Stream("upstream.fault")
    private static let faultLatencyStream = Chance.Stream("upstream.fault.latency")

    /// As it was given.
    public let configuration: UpstreamConfiguration
    let seed: UInt64
    let epoch: Int64
    let faults: [PreparedFault]
    /// The configured ones, then the one that answers everything else.
    let routes: [PreparedRoute]
    var sequences: [SequenceCount]
    var truth = GroundTruthCache()

    /// - Parameters:
    ///   - configuration: see there.
    ///   - seed: the run's.
    ///   - epoch: virtual time 0, in nanoseconds since 1970-01-01T00:00:00Z.
    public init(_ configuration: UpstreamConfiguration, seed: UInt64, epoch: Int64) {
        self.configuration = configuration
        self.seed = seed
        self.epoch = epoch
        faults = configuration.faults.enumerated().map { index, fault in
            PreparedFault(
                fault, chance: Self.faultStream.numbered(index),
                latencyChance: Self.faultLatencyStream.numbered(index))
        }
        let usual = LawSampler(configuration.latency)
        routes =
            configuration.routes.map { route in
                PreparedRoute(route, latency: route.latency.map { LawSampler($0) } ?? usual)
            } + [PreparedRoute(nil, latency: usual)]
        sequences = Array(repeating: SequenceCount(), count: faults.count)
    }

    /// Decides by route, faults and keyed chance.
    public mutating func decide(_ request: ArrivedRequest, at instant: Int64) -> Decision {
        // No fault in the whole scenario, or none now: the common case has nothing to remember.
        guard !faults.isEmpty else { return usual(request, at: instant) }
        var struck: [Int] = []
        let decision = decide(request, at: instant) { struck.append($0) }
        for index in struck { count(index, request, at: instant) }
        return decision
    }

    /// As `decide`, without counting in any sequence.
    public func foresee(_ request: ArrivedRequest, at instant: Int64) -> Decision {
        decide(request, at: instant) { _ in }
    }

    /// The next instant at which a fault begins or ends.
    public func nextEdge(after instant: Int64) -> Int64? {
        faults.compactMap { $0.fault.schedule.nextEdge(after: instant) }.min()
    }

    // MARK: - The decision

    private func usual(_ request: ArrivedRequest, at instant: Int64) -> Decision {
        let route = routes[routeIndex(request)]
        let delay = latency(route, request)
        return Decision(
            ending: .answer(route.answer), delay: delay,
            notBefore: notBefore(.answer(route.answer), at: Int64.sumSaturated(instant, delay)))
    }

    /// Until when an ending at `instant` asks to stay away. `meant`: what a fault has in mind, which is
    /// more exact than what it writes.
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

    private func decide(
        _ request: ArrivedRequest, at instant: Int64, struck: (Int) -> Void
    ) -> Decision {
        let route = routes[routeIndex(request)]
        var delay = latency(route, request)
        var terminal: Int?
        var touched: [Int] = []
        var shadowed: [Int] = []
        // By index: an iterator would copy each fault, and with it a dozen references.
        for index in faults.indices
        where concerns(index, request, at: instant) && strikes(index, request, at: instant) {
            struck(index)
            if let sampler = faults[index].latency {
                var chance = draws(faults[index].latencyChance, request)
                delay = Int64.sumSaturated(delay, sampler.sample(&chance))
                touched.append(index)
            } else if terminal == nil {
                terminal = index
                touched.append(index)
            } else {
                shadowed.append(index)
            }
        }
        guard let terminal else {
            let usual = Decision.Ending.answer(route.answer)
            return Decision(
                ending: usual, delay: delay,
                notBefore: notBefore(usual, at: Int64.sumSaturated(instant, delay)),
                touchedBy: touched,
                shadowed: shadowed)
        }
        let effect = faults[terminal].effect
        if effect.isBeforeRequest { delay = 0 }
        let moment = FaultMoment(
            wallClock: Int64.sumSaturated(epoch, Int64.sumSaturated(instant, delay)))
        let ending = effect.ending(instead: route.answer, moment)
        if case .hang = ending { delay = 0 }
        return Decision(
            ending: ending, delay: delay,
            notBefore: notBefore(
                ending, at: Int64.sumSaturated(instant, delay), meant: effect.retryAfter(moment)),
            touchedBy: touched, shadowed: shadowed)
    }

    func routeIndex(_ request: ArrivedRequest) -> Int {
        for index in routes.indices {
            if let method = routes[index].method, method != request.method.rawValue { continue }
            if let path = routes[index].path, !path.matches(request.path) { continue }
            return index
        }
        return routes.count - 1
    }

    private func latency(_ route: PreparedRoute, _ request: ArrivedRequest) -> Int64 {
        var chance = draws(Self.latencyStream, request)
        return route.latency.sample(&chance)
    }

    /// Whether a fault is active and has the request in its scope.
    func concerns(_ index: Int, _ request: ArrivedRequest, at instant: Int64) -> Bool {
        guard faults[index].fault.schedule.occurrence(at: instant) != nil else { return false }
        guard faults[index].isScoped else { return true }
        let scope = faults[index].fault.scope
        if let client = scope.client, client != request.client { return false }
        if let method = scope.method, method != request.method.rawValue { return false }
        return scope.path?.matches(request.path) ?? true
    }

    private func strikes(_ index: Int, _ request: ArrivedRequest, at instant: Int64) -> Bool {
        switch faults[index].fault.frequency {
        case .always: return true
        case .probability(let probability):
            var chance = draws(faults[index].chance, request)
            return chance.happens(probability)
        case .sequence:
            return failuresLeft(index, request, at: instant) > 0
        }
    }

    /// How many attempts, this one included, a sequence still fails; 0 for other faults.
    func failuresLeft(_ index: Int, _ request: ArrivedRequest, at instant: Int64) -> UInt32 {
        guard case .sequence(let fail, let population) = faults[index].fault.frequency else {
            return 0
        }
        switch population {
        case .eachRequest: return fail >= request.attempt ? fail - request.attempt + 1 : 0
        case .all:
            let isPresent =
                sequences[index].occurrence == faults[index].fault.schedule.occurrence(at: instant)
            return fail - min(fail, isPresent ? sequences[index].failed(before: request) : 0)
        }
    }

    private mutating func count(_ index: Int, _ request: ArrivedRequest, at instant: Int64) {
        guard case .sequence(_, .all) = faults[index].fault.frequency,
            let occurrence = faults[index].fault.schedule.occurrence(at: instant)
        else { return }
        if sequences[index].occurrence != occurrence {
            sequences[index] = SequenceCount(occurrence: occurrence)
        }
        sequences[index].failed += 1
        sequences[index].last = (request.client, request.request, request.attempt)
    }

    private func draws(_ stream: Chance.Stream, _ request: ArrivedRequest) -> Chance {
        Chance(
            seed: seed, stream: stream, client: request.client, request: request.request,
            attempt: request.attempt)
    }
}
