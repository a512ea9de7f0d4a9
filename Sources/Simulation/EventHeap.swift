/// The scheduled events, soonest first: a heap with four children per node. That halves the depth,
/// and a node's children lie in two or three cache lines.
@safe struct EventHeap: ~Copyable {
    struct Entry: BitwiseCopyable {
        let instant: Int64
        /// The event's kind in the upper half, the client's number in the lower half.
        let rank: UInt64
        let request: UInt64
        /// The attempt in the upper 16 bits, the sequence number of the scheduling in the lower 48.
        let order: UInt64
        let slot: UInt32
        /// The generation of the slot at the time of scheduling. If the slot's is another one, the
        /// event was cancelled.
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

    private var nodes: UnsafeMutablePointer<Entry>
    private var capacity = 256
    private(set) var count = 0

    init() { unsafe nodes = .allocate(capacity: capacity) }

    deinit { unsafe nodes.deallocate() }

    /// The soonest entry; nil if the heap is empty.
    var first: Entry? { count > 0 ? unsafe nodes[0] : nil }

    /// All entries, in no particular order.
    var entries: [Entry] { unsafe Array(UnsafeBufferPointer(start: nodes, count: count)) }

    mutating func insert(_ entry: Entry) {
        if count == capacity { grow() }
        count += 1
        rise(entry, from: count - 1)
    }

    mutating func removeFirst() -> Entry? {
        guard count > 0 else { return nil }
        let first = unsafe nodes[0]
        count -= 1
        if count > 0 { unsafe sink(nodes[count], from: 0) }
        return first
    }

    /// Removes the entries for which `isDead` is true. The order of the others is defined by their
    /// keys alone.
    mutating func compact(_ isDead: (Entry) -> Bool) {
        var kept = 0
        for index in 0..<count where !isDead(unsafe nodes[index]) {
            unsafe nodes[kept] = unsafe nodes[index]
            kept += 1
        }
        count = kept
        for index in stride(from: (kept - 2) >> 2, through: 0, by: -1) {
            sink(unsafe nodes[index], from: index)
        }
    }

    @inline(__always)
    private mutating func rise(_ entry: Entry, from start: Int, below top: Int = 0) {
        var hole = start
        while hole > top {
            let parent = (hole - 1) >> 2
            guard entry.precedes(unsafe nodes[parent]) else { break }
            unsafe nodes[hole] = unsafe nodes[parent]
            hole = parent
        }
        unsafe nodes[hole] = entry
    }

    /// Inserts an entry at `start` or deeper, where its key belongs.
    ///
    /// The hole first moves all the way down along the least children; then the entry moves up. The
    /// entry was a leaf and nearly always becomes one again, so this saves comparing it on the way
    /// down.
    private mutating func sink(_ entry: Entry, from start: Int) {
        var hole = start
        while true {
            let first = hole << 2 + 1
            var least = first
            if first + 4 <= count {
                if unsafe nodes[first + 1].precedes(nodes[least]) { least = first + 1 }
                if unsafe nodes[first + 2].precedes(nodes[least]) { least = first + 2 }
                if unsafe nodes[first + 3].precedes(nodes[least]) { least = first + 3 }
            } else {
                guard first < count else { break }
                var child = first + 1
                while child < count {
                    if unsafe nodes[child].precedes(nodes[least]) { least = child }
                    child += 1
                }
            }
            unsafe nodes[hole] = unsafe nodes[least]
            hole = least
        }
        rise(entry, from: hole, below: start)
    }

    private mutating func grow() {
        let larger = UnsafeMutablePointer<Entry>.allocate(capacity: 2 * capacity)
        unsafe larger.moveInitialize(from: nodes, count: count)
        unsafe nodes.deallocate()
        unsafe nodes = larger
        capacity *= 2
    }
}
