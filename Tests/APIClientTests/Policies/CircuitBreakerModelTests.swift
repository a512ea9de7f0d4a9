import KeyedChance
import Testing

@testable import APIClient

/// Compares the breaker with a model that stores every result and judges anew each time.
@Suite struct CircuitBreakerModelTests {
    private static let second: Int64 = 1_000_000_000

    private struct Model {
        var results: [(second: Int64, isFailure: Bool)] = []
        var opened: Int64?
        var probe: (permit: CircuitBreaker.Permit, start: Int64)?
        /// The number of transitions. Permits from an earlier era are void.
        var era = 0

        mutating func open(at instant: Int64) {
            opened = instant
            probe = nil
            era += 1
        }
    }

    @Test("Random traffic: every admission and every state is the model's", arguments: 0..<60)
    func randomTraffic(seed: Int) throws {
        var chance = Chance(seed: UInt64(seed), stream: .init("breaker"))
        var breaker = CircuitBreaker(policy: BreakerPolicy(), probeTimeout: 5 * Self.second)
        var model = Model()
        var flying: [(permit: CircuitBreaker.Permit, era: Int)] = []
        var now: Int64 = 0
        var opens = 0
        var closes = 0
        for _ in 0..<4_000 {
            now +=
                chance.below(30) == 0
                ? chance.within(0...40 * Self.second) : chance.within(0...Self.second)
            let isUnhealthy = (now / (100 * Self.second)) % 2 == 1
            if chance.below(2) == 0 || flying.isEmpty {
                let (admission, transitions) = breaker.admit(at: now)
                let permit = admit(admission, transitions, &model, now)
                if let permit { flying.append((permit, model.era)) }
                continue
            }
            let index = Int(chance.below(UInt64(flying.count)))
            let (permit, era) = flying.remove(at: index)
            let roll = chance.below(10)
            if roll == 0 {
                breaker.giveBack(permit, at: now)
                if let probe = model.probe, probe.permit == permit,
                    now <= probe.start + 5 * Self.second
                {
                    model.probe = nil
                }
                continue
            }
            let verdict: CircuitBreaker.Verdict =
                roll == 1 ? .neutral : (roll < 9) == isUnhealthy ? .failure : .success
            let transition = breaker.record(verdict, for: permit, at: now)
            let expected = record(verdict, permit, era, &model, now)
            #expect(transition?.to == expected)
            if expected == .open { opens += 1 }
            if expected == .closed { closes += 1 }
        }
        #expect(opens > 3 && closes > 1, "the run exercised too little")
    }

    private func admit(
        _ admission: CircuitBreaker.Admission, _ transitions: [CircuitBreaker.Transition],
        _ model: inout Model, _ now: Int64
    ) -> CircuitBreaker.Permit? {
        var expected: [CircuitBreaker.State] = []
        if let probe = model.probe, now >= probe.start + 5 * Self.second {
            model.open(at: probe.start + 5 * Self.second)
            expected.append(.open)
        }
        let isOpen = model.opened.map { now < $0 + 30 * Self.second } ?? false
        if let opened = model.opened, !isOpen, model.probe == nil,
            transitions.last?.to == .halfOpen
        {
            #expect(transitions.last?.at == opened + 30 * Self.second)
            expected.append(.halfOpen)
            model.era += 1
        }
        #expect(transitions.map(\.to) == expected)
        switch admission {
        case .refused:
            #expect(isOpen || model.probe != nil)
            return nil
        case .permitted(let permit):
            #expect(!isOpen && model.probe == nil)
            #expect(permit.isProbe == (model.opened != nil))
            if permit.isProbe { model.probe = (permit, now) }
            return permit
        }
    }

    private func record(
        _ verdict: CircuitBreaker.Verdict, _ permit: CircuitBreaker.Permit, _ era: Int,
        _ model: inout Model, _ now: Int64
    ) -> CircuitBreaker.State? {
        if let probe = model.probe, probe.permit == permit {
            if now > probe.start + 5 * Self.second {
                model.open(at: probe.start + 5 * Self.second)
                return .open
            }
            model.probe = nil
            switch verdict {
            case .neutral: return nil
            case .failure:
                model.open(at: now)
                return .open
            case .success:
                model.opened = nil
                model.era += 1
                model.results = []
                return .closed
            }
        }
        if model.opened != nil || era != model.era || verdict == .neutral { return nil }
        model.results.append((now / Self.second, verdict == .failure))
        model.results.removeAll { $0.second <= now / Self.second - 60 }
        let failures = model.results.count { $0.isFailure }
        guard verdict == .failure, failures >= 5, 2 * failures > model.results.count else {
            return nil
        }
        model.open(at: now)
        return .open
    }
}
