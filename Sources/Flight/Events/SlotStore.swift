/// A consumer's own states, one for each request or attempt under way, by its slot.
///
/// Grows to the largest slot that was begun and is never walked through. Each access is one addition: a
/// dictionary, or an array in a class, would cost more than what is done with the state.
@safe struct SlotStore<State>: ~Copyable {
    private var base: UnsafeMutablePointer<State>
    private var count: Int
    private let initial: State

    /// - Parameter initial: what each state begins as.
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

    /// Begins a state anew.
    @inline(__always) mutating func begin(_ slot: Int) {
        if slot >= count { grow(beyond: slot) }
        unsafe base[slot] = initial
    }

    /// The state of a slot that was begun.
    subscript(slot: Int) -> State {
        @inline(__always) _read {
            precondition(slot < count, "slot \(slot) was never begun")
            yield unsafe base[slot]
        }
        @inline(__always) _modify {
            precondition(slot < count, "slot \(slot) was never begun")
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
