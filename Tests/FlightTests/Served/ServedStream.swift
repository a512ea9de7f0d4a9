import APIClient
import HTTPTypes
import ScenarioFile
import Testing
import Upstream

@testable import Flight

/// A stream of requests written by hand, and what the log makes of it.
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

    /// One exchange from its arrival to its end, which is `delay` later.
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

    /// An arrival whose end is still to come.
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

    // MARK: - What came of it

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
    /// How an invariant fared, as `violated of checked`, with `unclear` ones behind.
    func fared(_ invariant: Invariant) -> String {
        guard let result = invariants.first(where: { $0.invariant == invariant }) else {
            return "not seen"
        }
        let unclear = result.unclear > 0 ? ", \(result.unclear) unclear" : ""
        return "\(result.violations) of \(result.checked)\(unclear)"
    }

    /// A figure as ``say(_:load:)``, with what it would be if all that is unclear were read otherwise.
    func sayRange(_ name: String, load: String? = nil) -> String {
        guard let figure = figure(name, load: load), let low = figure.low, let high = figure.high
        else { return say(name, load: load) }
        return say(name, load: load) + ", \(low) to \(high)"
    }
}

extension Decision {
    private var isHang: Bool { if case .hang = ending { true } else { false } }
    fileprivate var hasEnd: Bool { !isHang }

    /// An answer that asks to stay away until an instant.
    static func wait(_ status: Int, until notBefore: Int64) -> Decision {
        var decision = Decision.answer(status)
        decision.notBefore = notBefore
        return decision
    }

    /// A connection that breaks after the request was read, 10 ms after that.
    static let reset = Decision(
        ending: .broken(.reset, Answer(status: 200, fields: [:], body: [])), delay: 10 * ms)

    /// Nothing ever comes.
    static let hang = Decision(ending: .hang(beforeRequest: false), delay: 0)
}
