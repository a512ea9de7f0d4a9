import HTTPTypes
import MockUpstream
import Synchronization
import Upstream

/// Decides by path as the test says, and records the requests and their ends.
final class FixedSource: ExchangeSource {
    struct Memory {
        var requests: [ServedRequest] = []
        var parked: [UInt64] = []
        var ends: [ExchangeEnd] = []
    }

    private let decide: @Sendable (ServedRequest) -> Performance
    private let memory = Mutex(Memory())

    init(_ decide: @escaping @Sendable (ServedRequest) -> Performance) { self.decide = decide }

    /// A source with the same ending for every request.
    convenience init(_ ending: Decision.Ending) {
        self.init { _ in Performance(decision: Decision(ending: ending, delay: 0), pace: .real) }
    }

    /// Waits until it has recorded `count` ends. The server reports an end after the client has
    /// read the answer.
    func ends(_ count: Int) -> [ExchangeEnd] {
        _ = eventually { remembered.ends.count >= count }
        return remembered.ends
    }

    var remembered: Memory { memory.withLock { $0 } }

    func performance(of request: ServedRequest) -> Performance {
        var performance = decide(request)
        memory.withLock {
            $0.requests.append(request)
            performance.token = UInt64($0.requests.count)
        }
        return performance
    }

    func parked(_ token: UInt64) { memory.withLock { $0.parked.append(token) } }

    func ended(_ end: ExchangeEnd) { memory.withLock { $0.ends.append(end) } }
}

extension Answer {
    static let json = Answer(
        status: 200, fields: [.contentType: "application/json"], body: Array(jsonText.utf8))
    static let jsonText = #"{"id":7,"name":"Ann"}"#
}
