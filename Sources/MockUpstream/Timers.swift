internal import HeapModule

/// The instants at which connections have to be called.
struct Timers {
    /// A scheduled call. It may be obsolete when it is due, because the connection was closed or
    /// waits for something else.
    struct Entry: Comparable {
        let due: Int64
        /// At the same instant, the entry that was added first comes first.
        let order: UInt64
        let connection: Connection
        /// The wait of the connection that the entry belongs to.
        let wait: UInt64

        static func < (one: Self, other: Self) -> Bool {
            (one.due, one.order) < (other.due, other.order)
        }
        static func == (one: Self, other: Self) -> Bool { one.order == other.order }
    }

    private var heap = Heap<Entry>()
    private var made: UInt64 = 0

    /// The earliest instant; `.max` if there is none.
    var next: Int64 { heap.min?.due ?? .max }
    var isEmpty: Bool { heap.isEmpty }

    mutating func add(_ connection: Connection, wait: UInt64, due: Int64) {
        heap.insert(Entry(due: due, order: made, connection: connection, wait: wait))
        made += 1
    }

    /// Removes and returns the earliest entry, if it is due.
    mutating func pop(at now: Int64) -> Entry? {
        guard let first = heap.min, first.due <= now else { return nil }
        return heap.removeMin()
    }

    mutating func removeAll() { heap = Heap() }
}
