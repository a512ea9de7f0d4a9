import CurlTransport
import Simulation

/// Real time for a flight, and curl's turns while it waits. Confined to the simulation's thread.
final class LiveTimeDriver: RealTimeDriver {
    private let curl: CurlLoop
    private let started = WallTime.now
    /// Whether a transfer has ended since the wait began.
    private var hasDelivered = false
    /// Nobody is kept waiting longer who wants to end the flight.
    private static let waitMax: Int64 = 50_000_000
    /// curl waits in whole milliseconds; what is left of one is spent in turns.
    private static let unit: Int64 = 1_000_000

    init(_ curl: CurlLoop) { self.curl = curl }

    var now: Int64 { WallTime.nanoseconds(from: started, to: WallTime.now) }

    var isExpecting: Bool { curl.underWay > 0 }

    /// A transfer has ended, and resumed whoever waited for it.
    func delivered() { hasDelivered = true }

    func wait(until instant: Int64?) {
        hasDelivered = false
        curl.turn()
        let end = min(instant ?? .max, now + Self.waitMax)
        while !hasDelivered {
            let left = end - now
            if left <= 0 { return }
            curl.wait(upTo: left / Self.unit * Self.unit)
            curl.turn()
        }
    }
}
