import CurlTransport
import Simulation

/// Real time for a flight; drives curl while the flight waits. Confined to the simulation's thread.
final class LiveTimeDriver: RealTimeDriver {
    private let curl: CurlLoop
    private let started = WallTime.now
    /// Whether a transfer has ended since the wait began.
    private var hasDelivered = false
    /// The longest single wait, in nanoseconds, after which a stop request takes effect.
    private static let waitMax: Int64 = 50_000_000
    /// curl waits in whole milliseconds; the remainder is spent by polling. In nanoseconds.
    private static let unit: Int64 = 1_000_000

    init(_ curl: CurlLoop) { self.curl = curl }

    var now: Int64 { WallTime.nanoseconds(from: started, to: WallTime.now) }

    var isExpecting: Bool { curl.underWay > 0 }

    /// Records that a transfer has ended and has resumed its waiter.
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
