public import APIClient

/// Checks that a transport follows the rules of ``Transport``, for authors of transports.
///
/// It needs an upstream whose behaviour can be set. It returns a list of problems instead of
/// asserting, so it works with any test library:
///
///     let conformance = TransportConformance(time: time) { behaviour in
///         (MyTransport(), TransportRequest(.get, authority: server(behaviour), target: "/"))
///     }
///     #expect(await conformance.problems() == [])
public struct TransportConformance: Sendable {
    /// How the upstream treats the attempt.
    public enum Behaviour: Sendable, Hashable {
        /// It answers with status 200 and the body `{}`, this long after the send.
        case answers(after: Duration)
        /// It accepts the request and never answers.
        case hangs
    }

    /// Returns a transport and a request that its upstream treats in this way. The request's
    /// timeout is replaced by that of the check.
    public typealias Setup =
        @Sendable (Behaviour) async throws -> (any Transport, TransportRequest)

    private let time: any TimeSource
    private let timeout: Int64
    private let tolerance: Int64
    private let setUp: Setup

    /// Makes a check.
    /// - Parameters:
    ///   - time: the time source of the transport and its upstream.
    ///   - timeout: the timeout of each attempt, above zero. Defaults to 1 s.
    ///   - tolerance: the allowed deviation of instants. Use zero (the default) in virtual time; an
    ///     answer at exactly the timeout is then checked as well.
    ///   - setUp: prepares each attempt, as described at ``Setup``.
    public init(
        time: any TimeSource, timeout: Duration = .seconds(1), tolerance: Duration = .zero,
        setUp: @escaping Setup
    ) {
        self.time = time
        self.timeout = Int64(clamping: timeout.attoseconds / 1_000_000_000)
        self.tolerance = Int64(clamping: tolerance.attoseconds / 1_000_000_000)
        self.setUp = setUp
    }

    /// Runs all checks, one after the other.
    /// - Returns: a sentence for each broken rule; empty if there is none.
    public func problems() async -> [String] {
        var problems: [String] = []
        problems += await answers(after: timeout / 4)
        if tolerance == 0 { problems += await answers(after: timeout) }
        problems += await timesOut(.answers(after: .nanoseconds(2 * timeout)))
        problems += await timesOut(.hangs)
        problems += await stops(cancelledAfter: timeout / 4)
        problems += await stops(cancelledAfter: 0)
        return problems
    }

    private func answers(after delay: Int64) async -> [String] {
        let rule = "an answer \(delay) ns after the send, timeout \(timeout) ns"
        let end = await send(.answers(after: .nanoseconds(delay)))
        switch end.result {
        case .failure(let error): return ["\(rule): gave \(error)"]
        case .success(let response):
            var problems = missed(rule, by: end.elapsed - delay)
            if response.statusCode != 200 {
                problems.append("\(rule): status \(response.statusCode)")
            }
            if response.body != Array("{}".utf8) {
                problems.append("\(rule): the body is not the one that was sent")
            }
            return problems
        }
    }

    private func timesOut(_ behaviour: Behaviour) async -> [String] {
        let rule = "an upstream that \(behaviour == .hangs ? "hangs" : "answers too late")"
        let end = await send(behaviour)
        switch end.result {
        case .success: return ["\(rule): an answer came after the timeout"]
        case .failure(let error) where (error as? TransportError)?.code != .timedOut:
            return ["\(rule): gave \(error), not timed_out"]
        case .failure: return missed(rule, by: end.elapsed - timeout)
        }
    }

    private func stops(cancelledAfter delay: Int64) async -> [String] {
        let rule = "a task cancelled \(delay) ns after the send"
        let end = await withTaskGroup(of: End?.self) { group in
            if delay == 0 { group.cancelAll() }
            group.addTask { await send(.hangs) }
            if delay > 0 {
                group.addTask {
                    let call = CallID(request: .max)
                    // No other task cancels this one before it has ended.
                    try? await time.sleep(
                        until: time.now + delay, kind: .wakeUp, call: call, attempt: 0)
                    return nil
                }
            }
            var end: End?
            for await finished in group {
                if let finished { end = finished } else { group.cancelAll() }
            }
            return end
        }
        guard let end else { return ["\(rule): the send never ended"] }
        switch end.result {
        case .success: return ["\(rule): gave an answer"]
        case .failure(let error) where (error as? TransportError)?.code != .cancelled:
            return ["\(rule): gave \(error), not cancelled"]
        case .failure: return missed(rule, by: end.elapsed - delay)
        }
    }

    private struct End: Sendable {
        var result: Result<TransportResponse, any Error>
        var elapsed: Int64
    }

    private func send(_ behaviour: Behaviour) async -> End {
        let start: Int64
        do {
            var (transport, request) = try await setUp(behaviour)
            request.timeout = timeout
            start = time.now
            do {
                let response = try await transport.send(request)
                return End(result: .success(response), elapsed: time.now - start)
            } catch {
                return End(result: .failure(error), elapsed: time.now - start)
            }
        } catch {
            return End(result: .failure(error), elapsed: 0)
        }
    }

    private func missed(_ rule: String, by nanoseconds: Int64) -> [String] {
        abs(nanoseconds) <= tolerance ? [] : ["\(rule): ended \(nanoseconds) ns off"]
    }
}
