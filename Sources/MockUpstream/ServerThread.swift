#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A thread of the system's. Move-only: whoever owns it joins it, once.
struct ServerThread: ~Copyable {
    private let raw: pthread_t

    /// Starts a thread that does `body` with every signal blocked: signals belong to the threads of
    /// the program, and a write to a closed connection is an error here, not the end of the process.
    init(_ body: @escaping @Sendable () -> Void) throws(MockUpstreamError) {
        // Retained here and released by the thread, exactly once; by us where none starts.
        let context = unsafe Unmanaged.passRetained(ThreadBody(body)).toOpaque()
        // The new thread inherits the mask, so that no signal can reach it before it is set.
        var all = sigset_t()
        var before = sigset_t()
        unsafe sigfillset(&all)
        unsafe pthread_sigmask(SIG_SETMASK, &all, &before)
        var thread = pthread_t()
        let status = unsafe pthread_create(&thread, nil, runThreadBody, context)
        unsafe pthread_sigmask(SIG_SETMASK, &before, nil)
        guard status == 0 else {
            unsafe Unmanaged<ThreadBody>.fromOpaque(context).release()
            throw MockUpstreamError(
                code: .outOfResources,
                message: "no thread could be started: \(SystemWords.of(status)).")
        }
        raw = thread
    }

    /// Waits until the thread has ended.
    consuming func join() {
        let status = pthread_join(raw, nil)
        precondition(status == 0, "a thread is joined once, and not by itself")
    }
}

/// What a thread does, as C can carry it.
private final class ThreadBody: Sendable {
    let run: @Sendable () -> Void
    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
}

private func runThreadBody(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let context = unsafe context else { return nil }
    unsafe Unmanaged<ThreadBody>.fromOpaque(context).takeRetainedValue().run()
    return nil
}
