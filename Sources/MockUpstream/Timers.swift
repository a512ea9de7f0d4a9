internal import HeapModule

/// Who is to be called at which instant.
struct Timers {
    /// An appointment. It may have lapsed when it comes up: the connection was closed, or waits for
    /// something else by then.
    struct Entry: Comparable {
        let due: Int64
        /// Of two at the same instant the one made first comes first.
        let order: UInt64
        let connection: Connection
        /// The wait of the connection that this is for.
        let wait: UInt64

        static func < (one: Self, other: Self) -> Bool {
            (one.due, one.order) < (other.due, other.order)
        }
        static func == (one: Self, other: Self) -> Bool { one.order == other.order }
    }

    private var heap = Heap<Entry>()
    private var made: UInt64 = 0

    /// The first instant; `.max` where there is none.
    var next: Int64 { heap.min?.due ?? .max }
    var isEmpty: Bool { heap.isEmpty }

    mutating func add(_ connection: Connection, wait: UInt64, due: Int64) {
        heap.insert(Entry(due: due, order: made, connection: connection, wait: wait))
        made += 1
    }

    /// The first appointment, if its time has come.
    mutating func pop(at now: Int64) -> Entry? {
        guard let first = heap.min, first.due <= now else { return nil }
        return heap.removeMin()
    }

    mutating func removeAll() { heap = Heap() }
}
