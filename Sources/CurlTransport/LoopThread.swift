import APIClient
import Platform
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A loop with its own thread, which also runs tasks that prefer it as their executor.
///
/// Orders and jobs from other threads go through `mailbox`; those from the thread itself take no
/// lock. After the thread has ended, jobs are passed to the global executor, so that no task is
/// left suspended.
// `loop`, `own` and `running` belong to the thread; the rest is atomic or guarded by the lock.
final class LoopThread: TaskExecutor, @unchecked Sendable {
    enum Order {
        case send(Send)
        case cancel(Send)
    }

    private struct Mailbox {
        var jobs: [UnownedJob] = []
        var orders: [Order] = []
        var isClosing = false
        var hasEnded = false
        var thread: SystemThread?

        var isEmpty: Bool { jobs.isEmpty && orders.isEmpty }
    }

    private let loop: CurlLoop
    private let mailbox = Mutex(Mailbox())
    /// The identifier of the thread while it runs, otherwise 0.
    private let identity = Atomic<UInt>(0)
    /// Whether the thread waits, or is about to, so that it must be woken up.
    private let isParked = Atomic(false)
    private var own: [UnownedJob] = []
    private var running: [UnownedJob] = []

    /// Starts the thread, which runs until ``close()``.
    init(_ configuration: CurlConfiguration) throws(CurlSetupError) {
        loop = try CurlLoop(configuration)
        do {
            let thread = try SystemThread { [self] in run() }
            mailbox.withLock { $0.thread = thread }
        } catch {
            throw CurlSetupError(.thread, "no thread could be started: \(error.text).")
        }
    }

    private var isOwnThread: Bool { identity.load(ordering: .relaxed) == SystemThread.current }

    // MARK: - From any thread

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        if isOwnThread {
            own.append(job)
            return
        }
        let hasEnded = mailbox.withLock {
            if !$0.hasEnded { $0.jobs.append(job) }
            return $0.hasEnded
        }
        if hasEnded {
            globalConcurrentExecutor.enqueue(job)
        } else {
            wakeUp()
        }
    }

    func post(_ order: Order) {
        if isOwnThread {
            carryOut(order)
            return
        }
        // While the thread is closing it still accepts orders and ends them. Ending them here would
        // race with an earlier order for the same send.
        let hasEnded = mailbox.withLock {
            if !$0.hasEnded { $0.orders.append(order) }
            return $0.hasEnded
        }
        if !hasEnded {
            wakeUp()
        } else if case .send(let send) = order {
            send.end(.failure(Self.closed))
        }
    }

    /// Ends the thread. Waits until it has ended, unless called on the thread itself.
    func close() {
        let thread = mailbox.withLock {
            $0.isClosing = true
            let thread = $0.thread
            $0.thread = nil
            return thread
        }
        loop.wakeUp()
        guard let thread else { return }
        if isOwnThread { thread.detach() } else { thread.join() }
    }

    private func wakeUp() {
        // One wake-up suffices for many posts, and none is needed while the thread is working.
        if isParked.exchange(false, ordering: .sequentiallyConsistent) { loop.wakeUp() }
    }

    private static let closed = TransportError(.cancelled, "the transport is closed")

    // MARK: - On the thread

    private func run() {
        identity.store(SystemThread.current, ordering: .relaxed)
        while !takeMail() {
            runJobs()
            loop.turn()
            if own.isEmpty { park() }
        }
        loop.end(with: Self.closed)
        // The tasks that were waiting continue here, and may post more.
        while !hasNothingLeft() { runJobs() }
    }

    /// Takes the jobs and orders from the mailbox and carries out the orders.
    /// - Returns: whether the thread is to end.
    private func takeMail() -> Bool {
        let (orders, isClosing) = mailbox.withLock {
            own += $0.jobs
            $0.jobs.removeAll(keepingCapacity: true)
            let orders = $0.orders
            $0.orders.removeAll()
            return (orders, $0.isClosing)
        }
        for order in orders { carryOut(order) }
        return isClosing
    }

    private func carryOut(_ order: Order) {
        switch order {
        case .send(let send): send.begin(on: loop)
        case .cancel(let send): send.cancel(on: loop)
        }
    }

    /// Runs the present jobs once. Jobs that they add wait until the sockets had their turn.
    private func runJobs() {
        swap(&own, &running)
        for job in running {
            unsafe job.runSynchronously(on: asUnownedTaskExecutor())
        }
        running.removeAll(keepingCapacity: true)
    }

    private func park() {
        isParked.store(true, ordering: .sequentiallyConsistent)
        // A post after this check sees the flag.
        if mailbox.withLock({ $0.isEmpty && !$0.isClosing }) { loop.wait(upTo: .max) }
        isParked.store(false, ordering: .sequentiallyConsistent)
    }

    private func hasNothingLeft() -> Bool {
        // Sends that were posted before the end, or by jobs here, end like the others.
        _ = takeMail()
        loop.end(with: Self.closed)
        guard own.isEmpty else { return false }
        return mailbox.withLock {
            guard $0.isEmpty else { return false }
            identity.store(0, ordering: .relaxed)
            $0.hasEnded = true
            return true
        }
    }
}
