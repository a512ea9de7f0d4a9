import HeapModule

/// Servers with one bounded queue, first come, first served.
///
/// Arrivals come in order and each client says how long it waits, so a request's whole stay is known
/// when it arrives: it starts when the first server becomes free (Kiefer and Wolfowitz, "On the theory
/// of queues with many servers", 1955).
struct ServiceStation {
    private let queueMax: Int
    private let drops: Bool
    /// When each server becomes free; of idle ones in the past.
    private var freeAt: Heap<Int64>
    /// When each of those that wait leaves the queue: for a server, or for good.
    private var leaving = Heap<Int64>()

    init(_ capacity: Capacity) {
        queueMax = capacity.queue
        drops = capacity.abandoned == .drop
        freeAt = Heap(repeatElement(Int64.min, count: max(1, capacity.servers)))
    }

    /// How long whoever arrives at `now` waits for a server; nil: the queue is full.
    func wait(at now: Int64) -> Int64? {
        let start = max(now, freeAt.min ?? now)
        guard start > now else { return 0 }
        if leaving.count < queueMax { return start - now }
        // Those that have left by now are still in the heap until the next arrival.
        guard let gone = leaving.min, gone <= now else { return nil }
        return start - now
    }

    /// When everybody would be served if nobody came any more: nil where a server is idle already.
    func firstFree(after now: Int64) -> Int64? {
        guard let first = freeAt.min, first > now else { return nil }
        return first
    }

    /// What an arrival that waits `wait` gets of a service that would take `duration`.
    func service(wait: Int64, duration: Int64, clientTimeout: Int64) -> Decision.Service {
        guard drops else { return Decision.Service(wait: wait, duration: duration) }
        return Decision.Service(
            wait: min(wait, clientTimeout), duration: min(duration, max(0, clientTimeout - wait)))
    }

    /// Takes in an arrival that ``wait(at:)`` lets in.
    mutating func take(_ service: Decision.Service, wait: Int64, at now: Int64) {
        while let gone = leaving.min, gone <= now { leaving.removeMin() }
        if service.wait > 0 { leaving.insert(.sumSaturated(now, service.wait)) }
        // Whoever leaves the queue for good never gets to a server.
        guard service.wait == wait else { return }
        let start = Int64.sumSaturated(now, wait)
        freeAt.replaceMin(with: .sumSaturated(start, service.duration))
    }
}
