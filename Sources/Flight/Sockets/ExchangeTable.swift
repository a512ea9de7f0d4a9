import APIClient
import HTTPTypes
import MockUpstream
import Synchronization
import Upstream

/// The decisions for requests of this process. Each request carries the number of its decision in a header
/// field that no client sees. The server performs the decision found here and decides nothing itself.
final class ExchangeTable: ExchangeSource {
    /// Header field with the number of the exchange.
    static let field = HTTPField.Name("X-Windtunnel-Exchange")!

    private struct AnnouncedExchange {
        let performance: Performance
        let method: HTTPRequest.Method
        let target: String
        let body: [UInt8]
        var isParked = false
    }

    private struct State {
        /// Only looked up, never iterated.
        var exchanges: [UInt64: AnnouncedExchange] = [:]
        var performed: UInt64 = 0
        var problem: String?
        var unknown: String?
    }

    private let state = Mutex(State())

    /// Number of requests that arrived and were performed.
    var performed: UInt64 { state.withLock { $0.performed } }

    /// The first request that arrived differently from how it was sent; nil: none.
    var problem: String? { state.withLock { $0.problem } }
    /// The first request that arrived without a decision or after its exchange ended; nil: none.
    var unknown: String? { state.withLock { $0.unknown } }

    /// Stores a decision until its exchange is over.
    func announce(
        _ number: UInt64, _ decision: Decision, _ pace: Performance.Pace,
        _ request: TransportRequest
    ) {
        let exchange = AnnouncedExchange(
            performance: Performance(decision: decision, pace: pace, token: number),
            method: request.method, target: request.target, body: request.body ?? [])
        state.withLock { $0.exchanges[number] = exchange }
    }

    /// Removes an exchange that is over at the client's end.
    func forget(_ number: UInt64) {
        state.withLock { _ = $0.exchanges.removeValue(forKey: number) }
    }

    /// Whether the server has received the request and will never answer it.
    func isParked(_ number: UInt64) -> Bool {
        state.withLock { $0.exchanges[number]?.isParked ?? false }
    }

    // MARK: - The server's side

    /// The decision for the exchange that the request names, or status 500 if there is none.
    func performance(of request: ServedRequest) -> Performance {
        state.withLock { state in
            let number = request.header.first("x-windtunnel-exchange").flatMap { UInt64($0) }
            guard let number, let exchange = state.exchanges[number] else {
                let what = "\(request.method.rawValue) \(request.target) names no exchange"
                state.unknown = state.unknown ?? what
                return Self.noPerformance
            }
            guard exchange.method == request.method, exchange.target == request.target,
                exchange.body == request.body
            else {
                let what =
                    "exchange \(number) was sent as \(exchange.method.rawValue) \(exchange.target) "
                    + "with \(exchange.body.count) bytes and came as "
                    + "\(request.method.rawValue) \(request.target) with \(request.body.count)"
                state.problem = state.problem ?? what
                return Self.noPerformance
            }
            state.performed += 1
            return exchange.performance
        }
    }

    /// Performed for requests without a decision: status 500 at once.
    private static let noPerformance = Performance(
        decision: Decision(ending: .answer(Answer(status: 500, fields: [:], body: [])), delay: 0),
        pace: .atOnce)

    /// Records that the exchange hangs at the server.
    func parked(_ token: UInt64) { state.withLock { $0.exchanges[token]?.isParked = true } }
}
