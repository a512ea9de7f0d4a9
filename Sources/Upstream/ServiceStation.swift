import HeapModule

/// Several servers with one bounded queue, first come, first served.
///
/// Arrivals come in order, and each client says how long it waits. So the whole stay of a request
/// is known when it arrives: it starts when the first server becomes free (Kiefer and Wolfowitz,
/// "On the theory of queues with many servers", 1955).
struct ServiceStation {
    private let queueMax: Int
    private let drops: Bool
    /// The instant at which each server becomes free; in the past for idle servers.
    private var freeAt: Heap<Int64>
    /// The instant at which each waiting request leaves the queue, for a server or because its
    /// client gave up.
    private var leaving = Heap<Int64>()

    init(_ capacity: Capacity) {
        queueMax = capacity.queue
        drops = capacity.abandoned == .drop
        freeAt = Heap(repeatElement(Int64.min, count: max(1, capacity.servers)))
    }

    /// Nanoseconds that a request arriving at `now` waits for a server; nil: the queue is full.
    func wait(at now: Int64) -> Int64? {
        let start = max(now, freeAt.min ?? now)
        guard start > now else { return 0 }
        if leaving.count < queueMax { return start - now }
        // Requests that have left by now stay in the heap until the next arrival.
        guard let gone = leaving.min, gone <= now else { return nil }
        return start - now
    }

    /// How many wait and how many servers work at `instant`, which is not before the last arrival.
    func load(at instant: Int64) -> StationLoad {
        StationLoad(
            queue: leaving.unordered.count { $0 > instant },
            busy: freeAt.unordered.count { $0 > instant })
    }

    /// The instant at which the first server becomes free; nil if one is idle already.
    func firstFree(after now: Int64) -> Int64? {
        guard let first = freeAt.min, first > now else { return nil }
        return first
    }

    /// The stay of an arrival that would wait `wait` for a service of `duration`. If abandoned work
    /// is dropped, both are cut at the client's timeout.
    func service(wait: Int64, duration: Int64, clientTimeout: Int64) -> Decision.Service {
        guard drops else { return Decision.Service(wait: wait, duration: duration) }
        return Decision.Service(
            wait: min(wait, clientTimeout), duration: min(duration, max(0, clientTimeout - wait)))
    }

    /// Admits an arrival for which ``wait(at:)`` was not nil.
    mutating func take(_ service: Decision.Service, wait: Int64, at now: Int64) {
        while let gone = leaving.min, gone <= now { leaving.removeMin() }
        if service.wait > 0 { leaving.insert(.sumSaturated(now, service.wait)) }
        // A client that gives up in the queue never gets to a server.
        guard service.wait == wait else { return }
        let start = Int64.sumSaturated(now, wait)
        freeAt.replaceMin(with: .sumSaturated(start, service.duration))
    }
}
