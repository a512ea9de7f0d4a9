import APIClient
import HTTPTypes
import Synchronization

/// A custom breaker for the product's client. Without a flaw it follows the rules; each flaw breaks
/// one.
final class HandmadeBreaker: BreakerStore {
    enum Flaw: Sendable, Hashable {
        case keepsThePermitOfWhoeverGoes
        case closesOnAnySuccess
        case letsEverybodyProbe
        case ignoresTheTotal
    }

    private struct State {
        var state = CircuitBreaker.State.closed
        var generation: UInt64 = 0
        var isProbing = false
        var openedAt: Int64 = 0
        var results: [(second: Int64, isFailure: Bool)] = []
    }

    private let failuresMin: Int
    private let openDuration: Int64
    private let flaw: Flaw?
    private let state = Mutex(State())

    init(_ policy: BreakerPolicy, _ flaw: Flaw? = nil) {
        failuresMin = policy.failuresMin
        openDuration = Int64(policy.openDuration / .nanoseconds(1))
        self.flaw = flaw
    }

    func admit(at now: Int64) async -> (CircuitBreaker.Admission, [CircuitBreaker.Transition]) {
        state.withLock { state in
            var transitions: [CircuitBreaker.Transition] = []
            if state.state == .closed {
                return (.permitted(.init(generation: state.generation, isProbe: false)), [])
            }
            if state.state == .open {
                let until = state.openedAt + openDuration
                if now < until { return (.refused(retryAt: until), []) }
                transitions.append(move(&state, to: .halfOpen, now))
            }
            if state.isProbing && flaw != .letsEverybodyProbe {
                return (.refused(retryAt: now), transitions)
            }
            state.isProbing = true
            return (.permitted(.init(generation: state.generation, isProbe: true)), transitions)
        }
    }

    func record(
        _ verdict: CircuitBreaker.Verdict, for permit: CircuitBreaker.Permit, at now: Int64
    ) async -> CircuitBreaker.Transition? {
        state.withLock { state in
            let isLate = permit.generation != state.generation
            if flaw == .closesOnAnySuccess, state.state == .halfOpen, verdict == .success {
                return move(&state, to: .closed, now)
            }
            if isLate { return nil }
            switch (state.state, verdict) {
            case (.open, _): return nil
            case (.halfOpen, .neutral): state.isProbing = false
            case (.halfOpen, .success): return move(&state, to: .closed, now)
            case (.halfOpen, .failure): return move(&state, to: .open, now)
            case (.closed, .neutral): return nil
            case (.closed, _):
                let second = now / 1_000_000_000
                state.results.removeAll { $0.second <= second - 60 }
                state.results.append((second, verdict == .failure))
                let failures = state.results.count(where: \.isFailure)
                let isMost = 2 * failures > state.results.count || flaw == .ignoresTheTotal
                if verdict == .failure, failures >= failuresMin, isMost {
                    return move(&state, to: .open, now)
                }
            }
            return nil
        }
    }

    func giveBack(_ permit: CircuitBreaker.Permit, at now: Int64) async {
        guard flaw != .keepsThePermitOfWhoeverGoes else { return }
        state.withLock { state in
            if permit.isProbe && permit.generation == state.generation { state.isProbing = false }
        }
    }

    private func move(
        _ state: inout State, to next: CircuitBreaker.State, _ now: Int64
    ) -> CircuitBreaker.Transition {
        let transition = CircuitBreaker.Transition(from: state.state, to: next, at: now)
        state.state = next
        state.generation += 1
        state.isProbing = false
        state.results = []
        if next == .open { state.openedAt = now }
        return transition
    }
}

/// A cache whose key is only the path.
final class PathCache: CacheStore {
    private let entries = Mutex<[[UInt8]: CacheEntry]>([:])

    func entry(
        for key: CacheKey, matching fields: HTTPFields, at now: Int64
    ) async throws -> CacheEntry? {
        entries.withLock { $0[key.path] }.flatMap { now < $0.staleUntil ? $0 : nil }
    }

    func keep(_ entry: CacheEntry, for key: CacheKey) async throws -> Bool {
        entries.withLock { $0[key.path] = entry }
        return true
    }

    func invalidate(path: [UInt8], at now: Int64) async throws -> Bool {
        entries.withLock { $0.removeValue(forKey: path) != nil }
    }
}

/// A cache whose entries never expire.
final class EternalCache: CacheStore {
    private let entries = Mutex<[CacheKey: CacheEntry]>([:])

    func entry(
        for key: CacheKey, matching fields: HTTPFields, at now: Int64
    ) async throws -> CacheEntry? {
        entries.withLock { $0[key] }
    }

    func keep(_ entry: CacheEntry, for key: CacheKey) async throws -> Bool {
        entries.withLock { $0[key] = entry }
        return true
    }

    func invalidate(path: [UInt8], at now: Int64) async throws -> Bool { false }
}

/// A cache that uses every answer for an hour, fresh or not.
final class LenientCache: CacheStore {
    private let store = MemoryCacheStore(entriesMax: 10)

    func entry(
        for key: CacheKey, matching fields: HTTPFields, at now: Int64
    ) async throws -> CacheEntry? { try await store.entry(for: key, matching: fields, at: now) }

    func keep(_ entry: CacheEntry, for key: CacheKey) async throws -> Bool {
        var entry = entry
        entry.staleUntil = max(entry.staleUntil, entry.freshUntil + 3_600_000_000_000)
        return try await store.keep(entry, for: key)
    }

    func invalidate(path: [UInt8], at now: Int64) async throws -> Bool {
        try await store.invalidate(path: path, at: now)
    }
}

/// A transport library that retries by itself.
struct EagerTransport: Transport {
    let transport: any Transport

    func send(_ request: TransportRequest) async throws(TransportError) -> TransportResponse {
        do {
            return try await transport.send(request)
        } catch {
            return try await transport.send(request)
        }
    }
}

/// A transport library that throws for every status above 399.
struct ThrowingTransport: Transport {
    let transport: any Transport

    func send(_ request: TransportRequest) async throws(TransportError) -> TransportResponse {
        let response = try await transport.send(request)
        guard response.statusCode < 400 else {
            throw TransportError(.malformed, "status \(response.statusCode)")
        }
        return response
    }
}
