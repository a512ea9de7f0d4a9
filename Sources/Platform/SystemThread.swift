#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A thread of the operating system. It must be joined or detached exactly once.
// Holds a handle that any thread may join.
package struct SystemThread: @unchecked Sendable {
    /// The thread could not be started.
    package struct Failure: Error {
        /// The system's message, such as `Resource temporarily unavailable`.
        package let text: String
    }

    private let raw: pthread_t

    /// Starts a thread that runs `body` with every signal blocked. Signals are handled by the
    /// program's other threads, and writing to a closed connection gives an error instead of ending
    /// the process.
    /// - Throws: ``Failure`` if the system cannot start a thread.
    package init(_ body: @escaping @Sendable () -> Void) throws(Failure) {
        // Retained here and released exactly once: by the thread, or below if none starts.
        let context = unsafe Unmanaged.passRetained(ThreadBody(body)).toOpaque()
        // The new thread inherits the mask, so no signal can reach it before the mask is set.
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

    /// Waits until the thread has ended. A thread must not join itself.
    package func join() {
        #if canImport(Darwin)
            let status = unsafe pthread_join(raw, nil)
        #else
            let status = pthread_join(raw, nil)
        #endif
        precondition(status == 0, "a thread is joined once, and not by itself")
    }

    /// Releases the thread's resources when it ends, without waiting for it.
    package func detach() { pthread_detach(raw) }

    /// An identifier of the calling thread, unique among the running threads.
    package static var current: UInt {
        #if canImport(Darwin)
            return UInt(bitPattern: pthread_self())
        #else
            return UInt(pthread_self())
        #endif
    }
}

/// A thread's closure as an object, so that it can be passed through C.
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
