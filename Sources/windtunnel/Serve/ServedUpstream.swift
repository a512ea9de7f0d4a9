import Flight
import MockUpstream
import ScenarioFile
import Synchronization
import Trace
import Upstream

/// A scenario's upstream in real time: the model decides each arriving request at the instant of
/// its arrival, and the log records it.
final class ServedUpstream: ExchangeSource {
    /// The state that the lock protects.
    private struct State {
        let model: FaultyUpstream
        let flight: ServedFlight
        /// The instant of the last event, in nanoseconds since the start. Instants never decrease.
        var last: Int64 = 0
        /// The running exchanges by their tokens. The dictionary is only used for look-ups, so its
        /// order has no effect.
        var underWay: [UInt64: PendingExchange] = [:]
        var tokens: UInt64 = 0

        mutating func instant(_ instant: Int64) -> Int64 {
            last = max(last, instant)
            return last
        }
    }

    private struct PendingExchange {
        let ticket: ServedTicket
        let arrival: Int64
        let hangs: Bool
    }

    private let state = Mutex<State?>(nil)
    /// Whether `begin` failed. Requests then get no answer instead of waiting for the model.
    private let hasFailed = Atomic(false)
    private let feed: LiveFeed
    /// The attempts as JSON lines, which the server's control interface returns.
    let attempts = AttemptLines()
    /// The start, by the monotonic clock.
    private let start: Int64

    init(feed: LiveFeed, start: Int64) {
        self.feed = feed
        self.start = start
    }

    /// Starts the model. Requests that arrive earlier wait for it.
    /// - Throws: `FlightError` if the trace cannot be written.
    func begin(_ scenario: Scenario, _ options: ServedOptions) throws(FlightError) {
        let failure = state.withLock { state -> FlightError? in
            do throws(FlightError) {
                state = State(
                    model: FaultyUpstream(
                        scenario.upstream, seed: options.seed, epoch: scenario.epoch),
                    flight: try ServedFlight(scenario, options))
                return nil
            } catch { return error }
        }
        if let failure {
            hasFailed.store(true, ordering: .releasing)
            throw failure
        }
    }

    // MARK: - From the server

    func performance(of request: ServedRequest) -> Performance {
        // The port is open shortly before the trace is. Only a client that knew the port in advance
        // can send a request in between.
        while !hasFailed.load(ordering: .acquiring) {
            if let performance = tryPerformance(of: request) { return performance }
            MonotonicClock.wait(1_000_000)
        }
        // The server is about to stop and waits for this thread, so it must not block.
        return Performance(
            decision: Decision(ending: .hang(beforeRequest: false), delay: 0), pace: .real)
    }

    private func tryPerformance(of request: ServedRequest) -> Performance? {
        let arrival = ServedArrival(
            method: request.method, target: request.target, headerFields: request.headerFields,
            body: request.body)
        let served = state.withLock { state -> (news: ServedNews, token: UInt64)? in
            guard var own = state.take() else { return nil }
            defer { state = own }
            let now = own.instant(request.arrival - start)
            let model = own.model
            let news = own.flight.log.arrived(arrival, at: now) { model.decide($0, at: now) }
            own.tokens += 1
            let hangs = if case .hang = news.decision.ending { true } else { false }
            own.underWay[own.tokens] = PendingExchange(
                ticket: news.ticket, arrival: request.arrival, hangs: hangs)
            return (news, own.tokens)
        }
        guard let served else { return nil }
        feed.add(served.news)
        attempts.append(Self.line(served.news))
        return Performance(decision: served.news.decision, pace: .real, token: served.token)
    }

    /// One JSON object with the field names of the trace format.
    private static func line(_ news: ServedNews) -> String {
        var line = LineBuffer(capacity: 256)
        line.begin(news.instant)
        line.put(TraceEvent.Field.request, news.ticket.request)
        line.put(TraceEvent.Attempt.Field.number, Int64(news.ticket.attempt))
        line.put(TraceEvent.Request.Field.method, news.method)
        line.put(TraceEvent.Request.Field.path, news.path)
        TraceEvent.Attempt.recognize(
            &line, knownBy: news.recognizedBy?.rawValue, isUnclear: news.isUnclear)
        switch news.decision.ending {
        case .answer(let answer):
            TraceEvent.Attempt.answer(&line, status: Int64(answer.status))
        case .broken(let breakage, _):
            TraceEvent.Attempt.broken(&line, breakage.rawValue)
        case .hang:
            TraceEvent.Attempt.broken(&line, TraceEvent.Attempt.Breakage.hangName)
        }
        if !news.findings.isEmpty { line.field("wrong", news.findings.joined(separator: "; ")) }
        line.end()
        return String(decoding: line.bytes.dropLast(), as: UTF8.self)
    }

    func ended(_ end: ExchangeEnd) {
        state.withLock { state in
            guard var own = state.take() else { return }
            defer { state = own }
            guard let exchange = own.underWay.removeValue(forKey: end.token) else { return }
            let now = own.instant(exchange.arrival + end.delay - start)
            switch end.cause {
            case .performed: own.flight.log.ended(exchange.ticket, .delivered, at: now)
            case .clientLeft: own.flight.log.ended(exchange.ticket, .clientGone, at: now)
            // The end of the server says nothing about the client.
            case .serverStopped: break
            }
        }
    }

    // MARK: - From the session

    /// The number of exchanges that will end without action by the client.
    var deliveriesUnderWay: Int {
        state.withLock { $0?.underWay.count { !$0.value.hangs } ?? 0 }
    }

    /// Records that the listener was opened or closed.
    func listenerChanged() {
        state.withLock { state in
            guard let last = state?.instant(MonotonicClock.now - start) else { return }
            state?.flight.log.listenerChanged(at: last)
        }
    }

    /// The number of requests and of attempts so far.
    var counts: (requests: UInt64, sends: UInt64) {
        state.withLock { ($0?.flight.log.arrivals ?? 0, $0?.flight.log.sends ?? 0) }
    }

    /// Ends the log and judges the client. No request may arrive afterwards.
    /// - Throws: `FlightError` if the trace cannot be written.
    func finish(isInterrupted: Bool) throws(FlightError) -> FlightResult? {
        let end = MonotonicClock.now - start
        let result = state.withLock { state -> Result<FlightResult, FlightError>? in
            guard var own = state.take() else { return nil }
            let instant = own.instant(end)
            return Result { () throws(FlightError) in
                try own.flight.finish(at: instant, isInterrupted: isInterrupted)
            }
        }
        return try result?.get()
    }
}
