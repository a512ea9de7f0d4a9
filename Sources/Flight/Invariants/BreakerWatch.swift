import APIClient

/// A client's breaker as the invariants follow it: its state by the client's word, everything else by
/// what was sent, when, and how the upstream decided.
struct BreakerWatch {
    /// Results within a breaker's window.
    struct Results {
        var failures: UInt64
        var total: UInt64
    }

    /// A state of affairs in which a breaker has to open at once.
    struct Overdue {
        let since: Int64
        let results: Results
    }

    var state = CircuitBreaker.State.closed
    /// When it opened last, worked out.
    var openedAt = Int64.min
    /// Who holds the right to probe; nil: nobody.
    private(set) var prober: UInt64?
    /// When that right was given, and when it ended; of the last probe also when that is over.
    private(set) var probeBegan = Int64.min
    private(set) var probeEnded = Int64.min
    /// Probes that are on their way.
    var probesInFlight = 0
    /// Set as long as it should be open and, by the client's word, is not.
    var overdue: Overdue?

    /// A request may probe.
    mutating func probeBegins(_ flown: FlownRequest, at now: Int64) {
        prober = flown.call.request
        probeBegan = now
    }

    /// A request sends nothing any more on the strength of that right, if it had it.
    mutating func probeEnds(_ flown: FlownRequest, at now: Int64) {
        guard let prober, prober == flown.call.request else { return }
        self.prober = nil
        probeEnded = now
    }
}

extension InvariantChecker {
    /// A send, to be looked at before it is entered anywhere.
    func checkBreaker(_ flown: FlownRequest, of client: ClientState, at now: Int64) {
        check(
            .nothingWhileOpen, client.watch.state != .open, flown, now,
            "sent while the breaker is open")
        // Results come in one by one also where they come at one instant.
        if let overdue = client.watch.overdue, overdue.since < now {
            client.watch.overdue = nil
            check(
                .opensByPolicy, false, flown, now,
                "still closed after \(overdue.results.failures) failures of"
                    + " \(overdue.results.total) results")
        }
        // Whatever goes through a half-open breaker is a probe, whether the client calls it so or not.
        if client.watch.state == .halfOpen && !flown.isProbe {
            flown.isProbe = true
            client.watch.probeBegins(flown, at: now)
        }
        guard flown.isProbe else { return }
        client.watch.probesInFlight += 1
        let probes = client.watch.probesInFlight
        check(.oneProbeAtATime, probes == 1, flown, now, "\(probes) probes under way")
    }

    /// A failure went into the window, so that the breaker may have to open.
    func failed(_ flown: FlownRequest, of client: ClientState, at now: Int64) {
        guard policy.breakerIsEnabled, client.watch.state == .closed else { return }
        let results = client.breaker.results(at: now)
        if mustBeOpen(results) && client.watch.overdue == nil {
            client.watch.overdue = BreakerWatch.Overdue(since: now, results: results)
        }
    }

    /// The breaker refused a send.
    func refusedByBreaker(_ flown: FlownRequest, of client: ClientState, at now: Int64) {
        let watch = client.watch
        switch watch.state {
        case .closed:
            check(.probeWhenDue, false, flown, now, "refused although the breaker is closed")
        case .open:
            check(
                .probeWhenDue, now < watch.openedAt.addingSaturated(policy.openDuration), flown,
                now, "refused although its time is up and no probe is under way")
        case .halfOpen:
            // In the very instant of its end the word may not be round yet.
            let isProbing =
                watch.prober != nil
                && now < watch.probeBegan.addingSaturated(policy.requestTimeout)
            check(
                .probeWhenDue, isProbing || watch.probeEnded == now, flown, now,
                watch.prober == nil
                    ? "refused although its time is up and no probe is under way"
                    : "refused although the probe under way has hung for \(now - watch.probeBegan) ns"
            )
        }
    }

    /// The breaker changed its state on behalf of `flown`. To be told before the figures are.
    func moved(
        _ transition: CircuitBreaker.Transition, by flown: FlownRequest, of client: ClientState,
        at now: Int64
    ) {
        switch transition.to {
        case .open:
            if client.watch.state == .closed {
                checkOpening(flown, client, now)
            } else {
                checkReopening(flown, client, now)
            }
        case .halfOpen:
            let age = client.watch.openedAt == .min ? 0 : now - client.watch.openedAt
            check(
                .probeWhenDue, age >= policy.openDuration, flown, now,
                "half open \(age) ns after it opened; the policy says \(policy.openDuration)")
        case .closed: checkClosing(flown, client, now)
        }
        // A probe that never ended does not block the next one.
        if client.watch.state == .halfOpen { client.watch.probesInFlight = 0 }
        client.watch.state = transition.to
        client.watch.overdue = nil
    }

    private func mustBeOpen(_ results: BreakerWatch.Results) -> Bool {
        results.failures >= policy.failuresMin && 2 * results.failures > results.total
    }

    private func checkOpening(_ flown: FlownRequest, _ client: ClientState, _ now: Int64) {
        client.watch.openedAt = now
        let results = client.breaker.results(at: now)
        check(
            .opensByPolicy, mustBeOpen(results), flown, now,
            "opened on \(results.failures) failures of \(results.total) results; it takes"
                + " \(policy.failuresMin), and more than half")
    }

    private func checkReopening(_ flown: FlownRequest, _ client: ClientState, _ now: Int64) {
        let limit = client.watch.probeBegan.addingSaturated(policy.requestTimeout)
        let isByProbe =
            flown.isProbe && flown.breakerEpoch == client.breaker.epoch && flown.truth == .failure
        client.watch.openedAt = isByProbe ? now : min(limit, now)
        check(
            .opensByPolicy, isByProbe || now >= limit, flown, now,
            "opened again without a probe that had failed")
    }

    private func checkClosing(_ flown: FlownRequest, _ client: ClientState, _ now: Int64) {
        let isItsOwn = flown.breakerEpoch == client.breaker.epoch
        check(
            .closesByProbe,
            client.watch.state == .halfOpen && flown.isProbe && isItsOwn && flown.truth == .success,
            flown, now,
            isItsOwn
                ? flown.isProbe
                    ? "the breaker closed on a probe that had not succeeded"
                    : "the breaker closed without a probe"
                : "the breaker closed on a result from before it opened")
    }
}
