import CTaskHooks
import Synchronization

/// Runs the jobs of one simulation and its clock on one thread: it drains the ready jobs, fires one
/// scheduled event, and repeats.
///
/// `state` belongs to the thread inside `run`. It is behind a pointer and not in stored properties,
/// because the runtime's exclusivity checks on a class cost a tenth of a request. Other threads may
/// use `escapes` only.
@safe final class SimulationExecutor: TaskExecutor, @unchecked Sendable {
    struct State: ~Copyable {
        var ready = JobQueue()
        var heap = EventHeap()
        var slots = SlotTable()
        var cancelledEntries = 0
        var now: Int64 = 0
        var sequence: UInt64 = 0
        var steps: UInt64 = 0
        /// The last instant whose events are fired, in nanoseconds.
        var limit = Int64.max
        /// The number of events that were taken since the last one was fired.
        var taken = 0
        /// Whether real time decides when an event is due.
        var isPaced = false
        /// Whether jobs that are sent to the global executor are run here.
        var adoptsTasks = false
        /// The reason to end the run; nil while there is none.
        var abortReason: String?
    }

    struct Escape {
        var reasons: [String] = []
    }

    let state: UnsafeMutablePointer<State>
    let escaped = Atomic(false)
    let hasStarted = Atomic(false)
    private let escapes = Mutex(Escape())

    init() {
        unsafe state = .allocate(capacity: 1)
        unsafe state.initialize(to: State())
        _ = Self.hooks
    }

    // The initialiser of a constant runs once; concurrent callers wait until it has.
    private static let hooks = unsafe task_hooks_install { simulation, destination, job in
        // `run` has set the pointer on this thread and still retains the executor.
        guard let simulation = unsafe simulation else { return false }
        return unsafe Unmanaged<SimulationExecutor>.fromOpaque(simulation)
            ._withUnsafeGuaranteedRef { unsafe $0.takes(job, for: destination) }
    }

    deinit {
        unsafe state.deinitialize(count: 1)
        unsafe state.deallocate()
    }

    var isOnOwnThread: Bool {
        unsafe task_hooks_current() == Unmanaged.passUnretained(self).toOpaque()
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        guard isOnOwnThread else {
            // The job is dropped: running it here would depend on when the other thread sent it.
            noteEscape(
                "a job came from another thread: something in the simulation waited for real time "
                    + "or for work elsewhere (Task.sleep, a dispatch queue, an actor of its own)")
            return
        }
        unsafe state.pointee.ready.append(job)
    }

    /// Runs a job that was sent elsewhere here, or records that it left the thread.
    ///
    /// - Parameters:
    ///   - job: the job; nil if it was not sent to the global executor.
    ///   - destination: where it was sent to.
    /// - Returns: whether the job was taken over.
    private func takes(_ job: UnsafeMutableRawPointer?, for destination: Int32) -> Bool {
        if let job = unsafe job, unsafe state.pointee.adoptsTasks {
            unsafe state.pointee.ready.append(unsafeBitCast(job, to: UnownedJob.self))
            return true
        }
        escaped(to: destination)
        return false
    }

    private func escaped(to destination: Int32) {
        switch Int(destination) {
        case task_hooks_main: noteEscape("work was sent to the main actor")
        case task_hooks_delayed: noteEscape(Self.sleptInRealTime)
        default:
            noteEscape(
                "an unstructured Task {} or Task.detached was started; use child tasks, "
                    + "Simulation.spawn, or a simulation that adopts its tasks")
        }
    }

    static let sleptInRealTime =
        "something sleeps in real time (Task.sleep, or the machine's clock); use the simulation's"

    func noteEscape(_ reason: String) {
        escapes.withLock { escape in
            guard escape.reasons.count < 4, !escape.reasons.contains(reason) else { return }
            escape.reasons.append(reason)
        }
        escaped.store(true, ordering: .releasing)
    }

    var escapeReasons: [String] { escapes.withLock { $0.reasons } }

    /// The number of jobs run and events fired.
    var steps: UInt64 { unsafe state.pointee.steps }

    /// Runs all ready jobs, and those that they make ready.
    ///
    /// - Parameters:
    ///   - stepLimit: the largest number of jobs and events of the whole run.
    ///   - isInterrupted: checked every 4,096 steps, because jobs may make each other ready for
    ///     ever.
    /// - Returns: false if the step limit was reached or the work was interrupted.
    func drain(stepLimit: UInt64, isInterrupted: () -> Bool) -> Bool {
        let executor = unsafe asUnownedTaskExecutor()
        let adoptsTasks = unsafe state.pointee.adoptsTasks
        while unsafe !state.pointee.ready.isEmpty {
            let steps = unsafe state.pointee.steps
            if steps >= stepLimit || (steps & 0xfff == 0xfff && isInterrupted()) { return false }
            unsafe state.pointee.steps = steps + 1
            if let job = unsafe state.pointee.ready.popFirst() {
                if adoptsTasks {
                    unsafe task_hooks_run(unsafeBitCast(job, to: UnsafeMutableRawPointer.self))
                } else {
                    unsafe job.runSynchronously(on: executor)
                }
            }
        }
        return true
    }

    /// Moves the clock to the next event that was not cancelled, and fires it.
    ///
    /// - Returns: whether an event was fired.
    func fireNext() -> Fired {
        while let entry = unsafe state.pointee.heap.removeFirst() {
            let slot = Int(entry.slot)
            guard unsafe state.pointee.slots.generation(slot) == entry.generation else {
                unsafe state.pointee.cancelledEntries -= 1
                continue
            }
            guard unsafe entry.instant <= state.pointee.limit else {
                unsafe state.pointee.heap.insert(entry)
                return .beyondLimit
            }
            unsafe state.pointee.now = entry.instant
            unsafe state.pointee.steps += 1
            unsafe state.pointee.taken = 0
            switch unsafe state.pointee.slots.release(slot) {
            case .task(let continuation): unsafe continuation.resume(returning: true)
            case .handler(let handler, let token): handler.fire(token)
            case .free, .reserved, .cancelled: break
            }
            return .fired
        }
        return .nothingScheduled
    }

    /// The largest number of events that are taken in a row, so that the limits of the run are
    /// checked.
    private static let takenMax = 64

    /// Moves the clock to the next event if it belongs to the handler and no job is ready, so that
    /// it would be fired right after the caller's job.
    /// - Returns: the token that it would be fired with; nil if another event or job comes first.
    func takeNext(scheduledFor handler: any EventHandler) -> UInt64? {
        guard unsafe state.pointee.ready.isEmpty, unsafe !state.pointee.isPaced,
            unsafe state.pointee.taken < Self.takenMax,
            let entry = unsafe state.pointee.heap.first,
            unsafe state.pointee.slots.generation(Int(entry.slot)) == entry.generation,
            unsafe entry.instant <= state.pointee.limit,
            let token = unsafe state.pointee.slots.token(Int(entry.slot), of: handler)
        else { return nil }
        _ = unsafe state.pointee.heap.removeFirst()
        _ = unsafe state.pointee.slots.release(Int(entry.slot))
        unsafe state.pointee.now = entry.instant
        unsafe state.pointee.steps += 1
        unsafe state.pointee.taken += 1
        return token
    }

    /// The instant of the next event that was not cancelled; nil: there is none.
    var nextInstant: Int64? {
        while let entry = unsafe state.pointee.heap.first {
            if unsafe state.pointee.slots.generation(Int(entry.slot)) == entry.generation {
                return entry.instant
            }
            _ = unsafe state.pointee.heap.removeFirst()
            unsafe state.pointee.cancelledEntries -= 1
        }
        return nil
    }

    /// Whether no job is ready.
    var isIdle: Bool { unsafe state.pointee.ready.isEmpty }

    /// Moves the clock forward without firing an event.
    func advance(to instant: Int64) { unsafe state.pointee.now = max(state.pointee.now, instant) }

    enum Fired { case fired, nothingScheduled, beyondLimit }
}

// MARK: - Waiting

extension SimulationExecutor {
    /// Reserves a slot for one waiter, to be armed or cancelled.
    func reserve() -> Int { unsafe state.pointee.slots.reserve() }

    func arm(_ slot: Int, _ key: EventKey, _ waiter: consuming SlotTable.Waiter) {
        if unsafe state.pointee.slots.isCancelled(slot) {
            _ = unsafe state.pointee.slots.release(slot)
            if case .task(let continuation) = waiter {
                unsafe continuation.resume(returning: false)
            }
            return
        }
        unsafe state.pointee.slots.fill(slot, waiter)
        // An instant in the past is replaced by the current one.
        var key = key
        key.instant = max(key.instant, unsafe state.pointee.now)
        unsafe state.pointee.sequence &+= 1
        unsafe state.pointee.heap.insert(
            EventHeap.Entry(
                key, sequence: state.pointee.sequence, slot: UInt32(slot),
                generation: state.pointee.slots.generation(slot)))
    }

    /// Resumes the waiter now with `false`. Its entry in the heap stays behind and is skipped
    /// later.
    func cancel(_ slot: Int) {
        guard isOnOwnThread else {
            return noteEscape("a task of the simulation was cancelled from another thread")
        }
        switch unsafe state.pointee.slots.waiter(slot) {
        case .reserved: unsafe state.pointee.slots.fill(slot, .cancelled)
        case .task(let continuation):
            drop(slot)
            unsafe continuation.resume(returning: false)
        case .handler: drop(slot)
        case .free, .cancelled: break
        }
    }

    /// Whether the caller may change the state. If it is on another thread, the run ends with the
    /// reason and nothing is changed, because the simulation's thread is using the state.
    func admitsCaller(_ what: StaticString) -> Bool {
        if isOnOwnThread || !hasStarted.load(ordering: .relaxed) { return true }
        noteEscape("\(what) from another thread, by a task that had left the simulation")
        return false
    }

    func wait(_ key: EventKey) async -> Bool {
        guard admitsCaller("its clock was slept on") else { return false }
        let slot = reserve()
        return await withTaskCancellationHandler {
            await unsafe withUnsafeContinuation { unsafe arm(slot, key, .task($0)) }
        } onCancel: {
            cancel(slot)
        }
    }

    private func drop(_ slot: Int) {
        _ = unsafe state.pointee.slots.release(slot)
        unsafe state.pointee.cancelledEntries += 1
        compactIfWorthIt()
    }

    /// Compacts the heap when cancelled entries dominate, so that many cancelled long sleeps do not
    /// fill it until they are due.
    private func compactIfWorthIt() {
        let dead = unsafe state.pointee.cancelledEntries
        guard dead > 1024, unsafe dead > state.pointee.heap.count / 2 else { return }
        unsafe state.pointee.heap.compact { [state] in
            unsafe state.pointee.slots.generation(Int($0.slot)) != $0.generation
        }
        unsafe state.pointee.cancelledEntries = 0
    }

    /// The soonest events that were not cancelled.
    func sleepers(most: Int) -> [EventKey] {
        let wanted = unsafe state.pointee.heap.entries.filter { [state] in
            unsafe state.pointee.slots.generation(Int($0.slot)) == $0.generation
        }
        return wanted.sorted { $0.precedes($1) }.prefix(most).map(\.key)
    }
}
