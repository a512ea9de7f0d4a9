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

    fileprivate struct Exchange {
        let performance: Performance
        let method: HTTPRequest.Method
        let target: String
        let body: [UInt8]
        var isParked = false
    }

    fileprivate struct State {
        /// Looked up only, never walked through.
        var exchanges: [UInt64: Exchange] = [:]
        var performed: UInt64 = 0
        var problem: String?
    }

    private let state = Mutex(State())

    /// Requests that came and were performed.
    var performed: UInt64 { state.withLock { $0.performed } }

    /// What went wrong first between the two ends; nil: nothing.
    var problem: String? { state.withLock { $0.problem } }

    /// Keeps a decision until its exchange is over.
    func announce(
        _ number: UInt64, _ decision: Decision, _ pace: Performance.Pace,
        _ request: TransportRequest
    ) {
        let exchange = Exchange(
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
                return state.stray("\(request.method.rawValue) \(request.target) names no exchange")
            }
            guard exchange.method == request.method, exchange.target == request.target,
                exchange.body == request.body
            else {
                return state.stray(
                    "exchange \(number) was sent as \(exchange.method.rawValue) \(exchange.target) "
                        + "with \(exchange.body.count) bytes and came as "
                        + "\(request.method.rawValue) \(request.target) with \(request.body.count)")
            }
            state.performed += 1
            return exchange.performance
        }
    }

    /// The exchange hangs.
    func parked(_ token: UInt64) { state.withLock { $0.exchanges[token]?.isParked = true } }
}

extension ExchangeTable.State {
    /// Remembers what went wrong, and has the request answered all the same.
    fileprivate mutating func stray(_ what: String) -> Performance {
        if problem == nil { problem = what }
        let answer = Answer(status: 500, fields: [:], body: [])
        return Performance(decision: Decision(ending: .answer(answer), delay: 0), pace: .atOnce)
    }
}
