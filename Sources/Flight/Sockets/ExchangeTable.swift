import APIClient
import HTTPTypes
import MockUpstream
import Synchronization
import Upstream

/// The decisions that requests of this process take along: each names its own by a number, in a field
/// that nobody else sees. The server performs what it finds here and decides nothing.
final class ExchangeTable: ExchangeSource {
    /// Carries the number of the exchange.
    static let field = HTTPField.Name("X-Windtunnel-Exchange")!

    private struct AnnouncedExchange {
        let performance: Performance
        let method: HTTPRequest.Method
        let target: String
        let body: [UInt8]
        var isParked = false
    }

    private struct State {
        /// Looked up only, never walked through.
        var exchanges: [UInt64: AnnouncedExchange] = [:]
        var performed: UInt64 = 0
        var problem: String?
        var unknown: String?
    }

    private let state = Mutex(State())

    /// Requests that came and were performed.
    var performed: UInt64 { state.withLock { $0.performed } }

    /// What came otherwise than it was sent; nil: nothing.
    var problem: String? { state.withLock { $0.problem } }
    /// What came without a decision, or after its exchange was over; nil: nothing.
    var unknown: String? { state.withLock { $0.unknown } }

    /// Keeps a decision until its exchange is over.
    func announce(
        _ number: UInt64, _ decision: Decision, _ pace: Performance.Pace,
        _ request: TransportRequest
    ) {
        let exchange = AnnouncedExchange(
            performance: Performance(decision: decision, pace: pace, token: number),
            method: request.method, target: request.target, body: request.body ?? [])
        state.withLock { $0.exchanges[number] = exchange }
    }

    /// Forgets an exchange that is over at the client's end.
    func forget(_ number: UInt64) {
        state.withLock { _ = $0.exchanges.removeValue(forKey: number) }
    }

    /// Whether the server has the request, and will never answer.
    func isParked(_ number: UInt64) -> Bool {
        state.withLock { $0.exchanges[number]?.isParked ?? false }
    }

    // MARK: - The server's side

    /// What was decided for the exchange that the request names.
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

    /// For what nobody has decided.
    private static let noPerformance = Performance(
        decision: Decision(ending: .answer(Answer(status: 500, fields: [:], body: [])), delay: 0),
        pace: .atOnce)

    /// The exchange hangs.
    func parked(_ token: UInt64) { state.withLock { $0.exchanges[token]?.isParked = true } }
}
