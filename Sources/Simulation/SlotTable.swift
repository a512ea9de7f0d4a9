/// The waiters for scheduled events. Slots are reused, and the heap refers to them by number.
///
/// The memory is allocated directly, because an array checks for unique ownership on every change.
@safe struct SlotTable: ~Copyable {
    /// A suspended task or a handler that waits for an event, or the state of a slot without one.
    @safe enum Waiter {
        case free(next: Int32)
        case reserved
        /// Cancelled before it was armed; arming resumes the task at once.
        case cancelled
        case task(UnsafeContinuation<Bool, Never>)
        case handler(any EventHandler, token: UInt64)
    }

    private var waiters: UnsafeMutablePointer<Waiter>
    private var generations: UnsafeMutablePointer<UInt32>
    private var capacity = 64
    private(set) var count = 0
    private var freeSlot: Int32 = -1

    init() {
        unsafe waiters = .allocate(capacity: capacity)
        unsafe generations = .allocate(capacity: capacity)
    }

    deinit {
        unsafe waiters.deinitialize(count: count)
        unsafe waiters.deallocate()
        unsafe generations.deallocate()
    }

    /// The slot's generation. It changes whenever the slot is released.
    func generation(_ slot: Int) -> UInt32 { unsafe generations[checked(slot)] }

    /// The waiter in a slot.
    func waiter(_ slot: Int) -> Waiter { unsafe waiters[checked(slot)] }

    /// The token of this handler if it waits in the slot; nil if another waiter does.
    func token(_ slot: Int, of handler: any EventHandler) -> UInt64? {
        guard case .handler(let waiting, let token) = unsafe waiters[checked(slot)],
            waiting === handler
        else { return nil }
        return token
    }

    /// Whether the slot was cancelled between reserving and arming it.
    func isCancelled(_ slot: Int) -> Bool {
        if case .cancelled = unsafe waiters[checked(slot)] { true } else { false }
    }

    /// Reserves a free slot.
    mutating func reserve() -> Int {
        guard freeSlot >= 0 else { return append() }
        let slot = Int(freeSlot)
        if case .free(let next) = unsafe waiters[slot] { freeSlot = next }
        fill(slot, .reserved)
        return slot
    }

    /// Puts a waiter or another state into a slot that has no waiter.
    mutating func fill(_ slot: Int, _ waiter: consuming Waiter) {
        // The old state needs no destruction.
        unsafe (waiters + checked(slot)).initialize(to: waiter)
    }

    /// Frees a slot.
    /// - Returns: its waiter.
    mutating func release(_ slot: Int) -> Waiter {
        unsafe generations[checked(slot)] &+= 1
        // Moved, because copying a handler would count references.
        let waiter = unsafe (waiters + slot).move()
        fill(slot, .free(next: freeSlot))
        freeSlot = Int32(slot)
        return waiter
    }

    private func checked(_ slot: Int) -> Int {
        precondition(slot < count, "there is no slot \(slot)")
        return slot
    }

    private mutating func append() -> Int {
        if count == capacity { grow() }
        unsafe (waiters + count).initialize(to: .reserved)
        unsafe (generations + count).initialize(to: 0)
        count += 1
        return count - 1
    }

    private mutating func grow() {
        unsafe waiters = Self.enlarged(waiters, count, to: 2 * capacity)
        unsafe generations = Self.enlarged(generations, count, to: 2 * capacity)
        capacity *= 2
    }

    private static func enlarged<Element>(
        _ memory: UnsafeMutablePointer<Element>, _ count: Int, to capacity: Int
    ) -> UnsafeMutablePointer<Element> {
        let larger = UnsafeMutablePointer<Element>.allocate(capacity: capacity)
        unsafe larger.moveInitialize(from: memory, count: count)
        unsafe memory.deallocate()
        return unsafe larger
    }
}
