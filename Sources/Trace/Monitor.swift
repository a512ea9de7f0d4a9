#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A lock with one condition variable. Move-only: the system's objects must not move in memory, so they live on
/// the heap and have one owner.
@safe struct Monitor: ~Copyable, @unchecked Sendable {
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let condition: UnsafeMutablePointer<pthread_cond_t>

    init() {
        unsafe mutex = .allocate(capacity: 1)
        unsafe condition = .allocate(capacity: 1)
        // With default attributes neither can fail on the supported systems.
        let made = unsafe (pthread_mutex_init(mutex, nil), pthread_cond_init(condition, nil))
        precondition(made == (0, 0), "the system gave no lock")
    }

    deinit {
        unsafe pthread_cond_destroy(condition)
        unsafe pthread_mutex_destroy(mutex)
        unsafe condition.deallocate()
        unsafe mutex.deallocate()
    }

    /// Runs `body` with the lock held.
    borrowing func locked<Result: ~Copyable>(_ body: () -> Result) -> Result {
        unsafe pthread_mutex_lock(mutex)
        defer { unsafe pthread_mutex_unlock(mutex) }
        return body()
    }

    /// Waits until `isReached` returns true; it is evaluated after every wake-up. The lock must be held.
    borrowing func wait(until isReached: () -> Bool) {
        while !isReached() { unsafe pthread_cond_wait(condition, mutex) }
    }

    /// Wakes all waiting threads.
    borrowing func wake() {
        unsafe pthread_cond_broadcast(condition)
    }
}
