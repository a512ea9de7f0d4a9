/// The scheduled events, soonest first: a heap with four children a node, which halves the depth and
/// keeps a node's children in one or two cache lines.
struct EventHeap {
    struct Entry {
        let instant: Int64
        /// Kind and client; the kind in the upper half.
        let rank: UInt64
        let request: UInt64
        /// Attempt in the upper 16 bits, the number of the scheduling below.
        let order: UInt64
        let slot: UInt32
        /// Of the slot when the event was scheduled; another one says that the event was cancelled.
        let generation: UInt32

        init(_ key: EventKey, sequence: UInt64, slot: UInt32, generation: UInt32) {
            instant = key.instant
            rank = UInt64(key.kind.rawValue) << 32 | UInt64(key.client)
            request = key.request
            order = UInt64(min(key.attempt, 0xffff)) << 48 | (sequence & 0xffff_ffff_ffff)
            self.slot = slot
            self.generation = generation
        }

        var key: EventKey {
            EventKey(
                instant, EventKey.Kind(rawValue: UInt8(rank >> 32)) ?? .wakeUp,
                client: UInt32(truncatingIfNeeded: rank), request: request,
                attempt: UInt32(order >> 48))
        }

        @inline(__always) func precedes(_ other: Entry) -> Bool {
            if instant != other.instant { return instant < other.instant }
            if rank != other.rank { return rank < other.rank }
            if request != other.request { return request < other.request }
            return order < other.order
        }
    }

    private(set) var entries: [Entry] = []

    var isEmpty: Bool { entries.isEmpty }

    mutating func insert(_ entry: Entry) {
        entries.append(entry)
        unsafe entries.withUnsafeMutableBufferPointer { nodes in
            var hole = nodes.count - 1
            while hole > 0 {
                let parent = (hole - 1) >> 2
                guard entry.precedes(unsafe nodes[parent]) else { break }
                unsafe nodes[hole] = unsafe nodes[parent]
                hole = parent
            }
            unsafe nodes[hole] = entry
        }
    }

    mutating func removeFirst() -> Entry? {
        guard let last = entries.popLast() else { return nil }
        guard let first = entries.first else { return last }
        sink(last, from: 0)
        return first
    }

    /// Drops the entries that `isDead` names; their order among the others is kept by the keys alone.
    mutating func compact(_ isDead: (Entry) -> Bool) {
        entries.removeAll(where: isDead)
        for index in stride(from: (entries.count - 2) >> 2, through: 0, by: -1) {
            sink(entries[index], from: index)
        }
    }

    private mutating func sink(_ entry: Entry, from start: Int) {
        unsafe entries.withUnsafeMutableBufferPointer { nodes in
            var hole = start
            while true {
                let first = hole << 2 + 1
                guard first < nodes.count else { break }
                var least = first
                for child in first + 1..<max(first + 1, min(first + 4, nodes.count))
                where unsafe nodes[child].precedes(unsafe nodes[least]) { least = child }
                guard unsafe nodes[least].precedes(entry) else { break }
                unsafe nodes[hole] = unsafe nodes[least]
                hole = least
            }
            unsafe nodes[hole] = entry
        }
    }
}
