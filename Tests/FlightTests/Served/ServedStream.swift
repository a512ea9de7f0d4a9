import APIClient
import HTTPTypes
import ScenarioFile
import Testing
import Upstream

@testable import Flight

/// Feeds a log with a stream of requests and gives its result.
struct ServedStream {
    let log: ServedLog
    private let plan: Scenario

    /// Three retries without jitter: after 100, 200 and 400 ms. No limiter, tolerance 50 ms.
    init(
        _ text: String = "duration: 60s\nload: [ { rate: 1/s, path: /a } ]", client: String = "",
        settings: [String] = []
    ) throws {
        plan = try scenario(text, client: client, settings: settings)
        log = ServedLog(
            plan, tolerance: 50 * ms, expected: try ExpectedSchemas(plan.upstream.routes),
            recorder: nil)
    }

    /// Adds one exchange, which ends `delay` after its arrival.
    @discardableResult
    func send(
        _ method: HTTPRequest.Method = .get, _ target: String = "/a", at now: Int64,
        _ fields: [String: String] = [:], body: String = "", gets decision: Decision = .answer(200),
        clientGoneAt gone: Int64? = nil
    ) -> ServedNews {
        let news = begin(method, target, at: now, fields, body: body, gets: decision)
        if let gone {
            log.ended(news.ticket, .clientGone, at: gone)
        } else if decision.hasEnd {
            log.ended(news.ticket, .delivered, at: now + decision.delay)
        }
        return news
    }

    /// Adds an arrival. Its end is added separately.
    @discardableResult
    func begin(
        _ method: HTTPRequest.Method = .get, _ target: String = "/a", at now: Int64,
        _ fields: [String: String] = [:], body: String = "", gets decision: Decision = .answer(200)
    ) -> ServedNews {
        var headers = HTTPFields()
        for (name, value) in fields { headers[HTTPField.Name(name)!] = value }
        let arrival = ServedArrival(
            method: method, target: target, headerFields: headers, body: Array(body.utf8))
        return log.arrived(arrival, at: now) { _ in decision }
    }

    // MARK: - Results

    /// Ends the stream.
    func result(at end: Int64 = 100 * second) -> FlightResult {
        log.close(at: end)
        return FlightResult(
            scenario: plan, seed: 1, mode: .serve, digest: "", lines: 0, traceBytes: 0,
            tracePath: nil, virtualSeconds: 100, wallSeconds: 100, figures: log.figures,
            invariants: log.invariantResults, isInterrupted: false)
    }
}

extension FlightResult {
    /// The result of an invariant as `violated of checked`, followed by the number of `unclear` checks.
    func fared(_ invariant: Invariant) -> String {
        guard let result = invariants.first(where: { $0.invariant == invariant }) else {
            return "not seen"
        }
        let unclear = result.unclear > 0 ? ", \(result.unclear) unclear" : ""
        return "\(result.violations) of \(result.checked)\(unclear)"
    }

    /// A figure like ``say(_:load:)``, with its lowest and highest values if the unclear arrivals are
    /// interpreted otherwise.
    func sayRange(_ name: String, load: String? = nil) -> String {
        guard let figure = figure(name, load: load), let low = figure.low, let high = figure.high
        else { return say(name, load: load) }
        return say(name, load: load) + ", \(low) to \(high)"
    }
}

extension Decision {
    private var isHang: Bool { if case .hang = ending { true } else { false } }
    fileprivate var hasEnd: Bool { !isHang }

    /// An answer with a Retry-After until an instant.
    static func wait(_ status: Int, until notBefore: Int64) -> Decision {
        var decision = Decision.answer(status)
        decision.notBefore = notBefore
        return decision
    }

    /// A connection that breaks after the request was read, 10 ms after that.
    static let reset = Decision(
        ending: .broken(.reset, Answer(status: 200, fields: [:], body: [])), delay: 10 * ms)

    /// An exchange that is never answered.
    static let hang = Decision(ending: .hang(beforeRequest: false), delay: 0)
}
