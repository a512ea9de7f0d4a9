import Flight
import MockUpstream
import ScenarioFile
import Synchronization
import Trace
import Upstream

/// A scenario's upstream in real time: what arrives is decided by the model, at the instant at which it
/// arrives, and entered in the log.
final class ServedUpstream: ExchangeSource {
    /// What is only touched while the lock is held.
    private struct State {
        let model: FaultyUpstream
        let flight: ServedFlight
        /// Of the last event, in nanoseconds since the start: decisions' instants never fall.
        var last: Int64 = 0
        /// Exchanges under way, by their tokens: a dictionary that is looked up only.
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
    /// Whether it could not begin: nobody is to wait for it.
    private let hasFailed = Atomic(false)
    private let feed: LiveFeed
    /// For those who ask the server itself.
    let attempts = AttemptLines()
    /// When it began, by the monotonic clock.
    private let start: Int64

    init(feed: LiveFeed, start: Int64) {
        self.feed = feed
        self.start = start
    }

    /// Begins to serve; until then whoever comes has to wait.
    /// - Throws: `FlightError` where the trace cannot be written.
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
        // The port is there a moment before the trace: only who knew its number comes so early.
        while !hasFailed.load(ordering: .acquiring) {
            if let performance = tryPerformance(of: request) { return performance }
            MonotonicClock.wait(1_000_000)
        }
        // The server is about to stop, and waits for this thread.
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

    /// One JSON object, with the names of the trace.
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
            // It says nothing about the client.
            case .serverStopped: break
            }
        }
    }

    // MARK: - From the session

    /// Exchanges whose end will come by itself.
    var deliveriesUnderWay: Int {
        state.withLock { $0?.underWay.count { !$0.value.hangs } ?? 0 }
    }

    /// Somebody opened or closed the door.
    func listenerChanged() {
        state.withLock { state in
            guard let last = state?.instant(MonotonicClock.now - start) else { return }
            state?.flight.log.listenerChanged(at: last)
        }
    }

    /// Requests and sends so far.
    var counts: (requests: UInt64, sends: UInt64) {
        state.withLock { ($0?.flight.log.arrivals ?? 0, $0?.flight.log.sends ?? 0) }
    }

    /// Judges. Nothing may come any more.
    /// - Throws: `FlightError` where the trace cannot be written.
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
