/// A consumer's own state per request or attempt in flight, indexed by slot.
///
/// Grows to the largest slot in use and is never iterated. An access is a single addition; a dictionary, or an
/// array in a class, would cost more than the work on the state.
@safe struct SlotStore<State>: ~Copyable {
    private var base: UnsafeMutablePointer<State>
    private var count: Int
    private let initial: State

    /// - Parameter initial: the initial value of each state.
    init(_ initial: State) {
        self.initial = initial
        count = 16
        unsafe base = .allocate(capacity: count)
        unsafe base.initialize(repeating: initial, count: count)
    }

    deinit {
        unsafe base.deinitialize(count: count)
        unsafe base.deallocate()
    }

    /// Resets the state of a slot to the initial value.
    @inline(__always) mutating func begin(_ slot: Int) {
        if slot >= count { grow(beyond: slot) }
        unsafe base[slot] = initial
    }

    /// The state of a slot that `begin` was called for.
    subscript(slot: Int) -> State {
        @inline(__always) _read {
            assert(slot < count, "slot \(slot) was never begun")
            yield unsafe base[slot]
        }
        @inline(__always) _modify {
            assert(slot < count, "slot \(slot) was never begun")
            yield unsafe &base[slot]
        }
    }

    @inline(never) private mutating func grow(beyond slot: Int) {
        let larger = max(2 * count, slot + 1)
        let moved = UnsafeMutablePointer<State>.allocate(capacity: larger)
        unsafe moved.moveInitialize(from: base, count: count)
        unsafe (moved + count).initialize(repeating: initial, count: larger - count)
        unsafe base.deallocate()
        unsafe base = moved
        count = larger
    }
}
