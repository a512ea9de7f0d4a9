#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A lock with one condition to wait for. Move-only: the system's objects must not change place, so
/// they live on the heap and have one owner.
@safe struct Monitor: ~Copyable, @unchecked Sendable {
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let condition: UnsafeMutablePointer<pthread_cond_t>

    init() {
        unsafe mutex = .allocate(capacity: 1)
        unsafe condition = .allocate(capacity: 1)
        // With default attributes neither can fail on the systems that this runs on.
        let made = unsafe (pthread_mutex_init(mutex, nil), pthread_cond_init(condition, nil))
        precondition(made == (0, 0), "the system gave no lock")
    }

    deinit {
        unsafe pthread_cond_destroy(condition)
        unsafe pthread_mutex_destroy(mutex)
        unsafe condition.deallocate()
        unsafe mutex.deallocate()
    }

    /// Does `body` with the lock held.
    borrowing func locked<Result: ~Copyable>(_ body: () -> Result) -> Result {
        unsafe pthread_mutex_lock(mutex)
        defer { unsafe pthread_mutex_unlock(mutex) }
        return body()
    }

    /// Waits, with the lock held, until `isReached` holds; it is asked again after every wake-up.
    borrowing func wait(until isReached: () -> Bool) {
        while !isReached() { unsafe pthread_cond_wait(condition, mutex) }
    }

    /// Wakes everybody who waits.
    borrowing func wake() {
        unsafe pthread_cond_broadcast(condition)
    }
}

/// A thread of the system's. Move-only: whoever owns it joins it, once.
struct Thread: ~Copyable {
    private let raw: pthread_t

    /// Starts a thread that does `body` with every signal blocked: signals belong to the threads of
    /// the program, and a write to a closed pipe is an error here, not the end of the process.
    /// - Throws: `threadFailed`.
    init(_ body: @escaping @Sendable () -> Void) throws(TraceError) {
        // Retained here and released by the thread, exactly once; by us where none starts.
        let context = unsafe Unmanaged.passRetained(ThreadBody(body)).toOpaque()
        // The new thread inherits the mask, so that no signal can reach it before it is set.
        var all = sigset_t()
        var before = sigset_t()
        unsafe sigfillset(&all)
        unsafe pthread_sigmask(SIG_SETMASK, &all, &before)
        #if canImport(Darwin)
            var thread: pthread_t?
        #else
            var thread = pthread_t()
        #endif
        let status = unsafe pthread_create(&thread, nil, runThreadBody, context)
        unsafe pthread_sigmask(SIG_SETMASK, &before, nil)
        guard status == 0 else {
            unsafe Unmanaged<ThreadBody>.fromOpaque(context).release()
            throw TraceError(
                code: .threadFailed, path: "",
                message: "no thread could be started: \(errorText(status))")
        }
        #if canImport(Darwin)
            guard let thread else { preconditionFailure("a started thread has a handle") }
        #endif
        raw = thread
    }

    /// Waits until the thread has ended.
    consuming func join() {
        #if canImport(Darwin)
            let status = unsafe pthread_join(raw, nil)
        #else
            let status = pthread_join(raw, nil)
        #endif
        precondition(status == 0, "a thread is joined once, and not by itself")
    }
}

/// What a thread does, as C can carry it.
private final class ThreadBody: Sendable {
    let run: @Sendable () -> Void
    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
}

#if canImport(Darwin)
    private func runThreadBody(_ context: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? {
        unsafe Unmanaged<ThreadBody>.fromOpaque(context).takeRetainedValue().run()
        return nil
    }
#else
    private func runThreadBody(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
        guard let context = unsafe context else { return nil }
        unsafe Unmanaged<ThreadBody>.fromOpaque(context).takeRetainedValue().run()
        return nil
    }
#endif
