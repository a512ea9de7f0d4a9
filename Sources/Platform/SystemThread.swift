#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A thread of the system's. Whoever starts it joins or detaches it, once.
// Holds a handle that any thread may join.
package struct SystemThread: @unchecked Sendable {
    /// Why there is no thread, in the system's words.
    package struct Failure: Error {
        /// Such as `Resource temporarily unavailable`.
        package let text: String
    }

    private let raw: pthread_t

    /// Starts a thread that does `body` with every signal blocked: signals belong to the threads of
    /// the program, and a write to a closed connection is an error here, not the end of the process.
    package init(_ body: @escaping @Sendable () -> Void) throws(Failure) {
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
            throw Failure(text: systemText(status))
        }
        #if canImport(Darwin)
            guard let thread else { preconditionFailure("a started thread has a handle") }
        #endif
        raw = thread
    }

    /// Waits until the thread has ended.
    package func join() {
        #if canImport(Darwin)
            let status = unsafe pthread_join(raw, nil)
        #else
            let status = pthread_join(raw, nil)
        #endif
        precondition(status == 0, "a thread is joined once, and not by itself")
    }

    /// Lets the thread end by itself.
    package func detach() { pthread_detach(raw) }

    /// Tells the calling thread from all others that run.
    package static var current: UInt {
        #if canImport(Darwin)
            return UInt(bitPattern: pthread_self())
        #else
            return UInt(pthread_self())
        #endif
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
