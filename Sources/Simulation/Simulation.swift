internal import CTaskHooks
import Synchronization

/// Runs ordinary `async` code on a clock of its own: an hour passes as fast as its work can be done,
/// and twice the same.
///
/// One thread, the caller's, runs everything: it drains the jobs that are ready, fires one scheduled
/// event, and repeats. Structured concurrency stays inside. An unstructured task that leaves (unless the
/// simulation adopts it), or work that comes back from another thread, ends the run with an error that says
/// so. What cannot be seen is code that blocks the thread; virtual time stands still meanwhile.
///
///     let simulation = Simulation()
///     let answer = try simulation.run {
///         try await simulation.clock.sleep(for: .seconds(3_600))
///         return 42
///     }
///
/// Any number of simulations may run at once, each on its own thread. A simulation runs once: after an
/// error, tasks of the first run may still be suspended in it, and its clock does not go back.
///
/// The first simulation of a process installs hooks of Swift's concurrency runtime, which notice tasks that
/// leave. Hooks that another library has installed before are still called for everything outside of
/// simulations; a library that installs its own later has to call ours in the same way.
public final class Simulation: Sendable {
    /// What bounds a run, so that a mistake ends it instead of your patience.
    public struct Limits: Sendable, Hashable {
        /// Jobs and events. Defaults to 10^12.
        public var steps: UInt64
        /// Virtual time, above zero. Defaults to 10 years.
        public var virtualTime: Duration

        /// Limits that no sensible run reaches, unless told otherwise.
        public init(
            steps: UInt64 = 1_000_000_000_000, virtualTime: Duration = .seconds(315_576_000)
        ) {
            self.steps = steps
            self.virtualTime = virtualTime
        }
    }

    let executor: SimulationExecutor
    private let limits: Limits
    private let stopFlag: StopFlag?
    // Used by the thread inside `run` only.
    private nonisolated(unsafe) let realTimeDriver: (any RealTimeDriver)?

    /// A simulation at virtual time 0, not yet running.
    ///
    /// - Parameters:
    ///   - limits: what bounds it.
    ///   - stopFlag: ends it early.
    ///   - realTimeDriver: ties its time to the world outside; nil: time is virtual.
    ///   - adoptsTasks: whether its tasks prefer no executor. The runtime then has none to look up, under
    ///     a lock, at each suspension and each return, which costs a bare task a fifth of its time. What is
    ///     sent to the global executor from the thread of the run is run there: unstructured tasks, and
    ///     whatever else something inside wakes. For code that you know: who sleeps in real time, or is
    ///     resumed by another thread, goes unnoticed until the run stalls for want of it, or until it
    ///     sleeps on the clock or schedules.
    public init(
        limits: Limits = Limits(), stopFlag: StopFlag? = nil,
        realTimeDriver: (any RealTimeDriver)? = nil,
        adoptsTasks: Bool = false
    ) {
        executor = SimulationExecutor()
        self.limits = limits
        self.stopFlag = stopFlag
        unsafe self.realTimeDriver = realTimeDriver
        unsafe executor.state.pointee.isPaced = realTimeDriver != nil
        unsafe executor.state.pointee.adoptsTasks = adoptsTasks
    }

    /// The virtual clock.
    public var clock: SimulationClock { SimulationClock(executor: executor) }

    /// Runs `body` and what it starts until it returns.
    ///
    /// Call it once. Every further call throws ``SimulationError/Code/alreadyRun`` and changes nothing,
    /// also one from inside the run and one that another thread makes meanwhile: of two threads that call
    /// it at once, one runs its `body`. Another simulation may run inside of this one.
    /// - Returns: what `body` returned.
    /// - Throws: what `body` threw, or a ``SimulationError``. After an error the tasks that had not
    ///   ended stay suspended for ever; their memory is not given back.
    public func run<Success: Sendable>(
        _ body: @escaping @Sendable () async throws -> Success
    ) throws -> Success {
        guard !executor.hasStarted.exchange(true, ordering: .acquiringAndReleasing) else {
            // Without the instant and the sleepers: the first run's thread may be changing them.
            throw SimulationError(
                code: .alreadyRun,
                message:
                    "this simulation runs or has run already; make a new Simulation for each run",
                instant: 0, sleepers: [])
        }
        let previous = unsafe task_hooks_current()
        unsafe task_hooks_set_current(Unmanaged.passUnretained(executor).toOpaque())
        defer { unsafe task_hooks_set_current(previous) }

        let box = OutcomeBox<Success>()
        spawn {
            do { box.set(.success(try await body())) } catch { box.set(.failure(error)) }
        }
        do {
            try loop { box.isSet }
        } catch {
            // Suspended tasks still name the executor; it must outlive them.
            _ = unsafe Unmanaged.passRetained(executor)
            throw error
        }
        return try box.take()
    }

    /// Starts a task that runs inside the simulation, beside the one that asks.
    ///
    /// Call it on the simulation's thread only: from inside ``run(_:)`` or from an ``EventHandler``.
    /// A run does not wait for it.
    /// - Returns: the task, to be cancelled on the simulation's thread if need be.
    @discardableResult
    public func spawn(_ body: @escaping @Sendable () async -> Void) -> Task<Void, Never> {
        guard unsafe executor.state.pointee.adoptsTasks else {
            return Task(executorPreference: executor, operation: body)
        }
        if !executor.isOnOwnThread { executor.noteEscape("a task was spawned from another thread") }
        return Task { await body() }
    }

    /// Schedules `handler` to be fired with `token`, between two jobs. For work that is no task.
    public func schedule(_ key: EventKey, _ handler: any EventHandler, token: UInt64 = 0) {
        guard executor.admitsCaller("an event was scheduled") else { return }
        executor.arm(executor.reserve(), key, .handler(handler, token: token))
    }

    /// Takes the next event from the clock instead of waiting for it to be fired, from within the last
    /// job that is ready: what the handler would do at once it may as well do now.
    ///
    /// Call it as the last thing before the caller's job ends or suspends.
    /// - Returns: the token that `handler` was scheduled with, at which the clock now stands; nil where
    ///   something else comes before it.
    public func takeNext(scheduledFor handler: any EventHandler) -> UInt64? {
        guard executor.isOnOwnThread else { return nil }
        return executor.takeNext(scheduledFor: handler)
    }

    /// Ends the run with an error that has this message, before its next event. For whoever finds, outside
    /// of its tasks, that it makes no sense to go on; on the simulation's thread only.
    public func abort(_ reason: String) { clock.abort(reason) }

    private func loop(until isDone: () -> Bool) throws(SimulationError) {
        let latest = limits.virtualTime.nanosecondsSaturated
        unsafe executor.state.pointee.limit = latest
        while true {
            let isIdle = executor.drain(stepLimit: limits.steps) {
                stopFlag?.isRaised == true || executor.escaped.load(ordering: .relaxed)
            }
            if executor.escaped.load(ordering: .acquiring) { throw escapeError() }
            if let reason = unsafe executor.state.pointee.abortReason {
                throw error(.aborted, reason)
            }
            if isIdle && isDone() { return }
            if let stopFlag, stopFlag.isRaised { throw error(.stopped, "stopped on request") }
            // Here and in `drain`: events may follow events without any job.
            guard executor.steps < limits.steps else {
                throw error(
                    .stepLimitReached, "more than \(limits.steps) steps; is something looping?")
            }
            if let realTimeDriver = unsafe realTimeDriver, !isDue(realTimeDriver) { continue }
            switch executor.fireNext() {
            case .fired: break
            case .beyondLimit:
                throw error(
                    .timeLimitReached,
                    "the work had not ended at \(Self.seconds(latest)), the limit")
            case .nothingScheduled:
                if executor.escaped.load(ordering: .acquiring) { throw escapeError() }
                throw error(
                    .stalled,
                    "nothing can run and nothing is scheduled, yet the work has not ended; a task "
                        + "may have left the simulation (Task.sleep, the main actor, a dispatch "
                        + "queue), or waits for something that never comes")
            }
        }
    }

    /// Waits for the next event or for what comes from outside, and moves the clock to where that is.
    /// - Returns: whether the next event is to be fired now.
    private func isDue(_ realTimeDriver: any RealTimeDriver) -> Bool {
        let next = executor.nextInstant
        // Nothing will ever come: `fireNext` says so.
        if next == nil && !realTimeDriver.isExpecting { return true }
        realTimeDriver.wait(until: next)
        let now = realTimeDriver.now
        // Between two events the clock shows real time, but an event never comes after its instant.
        executor.advance(to: min(now, next ?? .max))
        return executor.isIdle && next.map { $0 <= now } ?? false
    }

    private func escapeError() -> SimulationError {
        error(.taskEscaped, "a task escaped: " + executor.escapeReasons.joined(separator: "; "))
    }

    private func error(_ code: SimulationError.Code, _ message: String) -> SimulationError {
        SimulationError(
            code: code, message: message, instant: clock.now.nanoseconds,
            sleepers: executor.sleepers(most: 10))
    }

    /// Such as `12.500000000 s`.
    static func seconds(_ nanoseconds: Int64) -> String {
        let fraction = String(nanoseconds.magnitude % 1_000_000_000)
        return "\(nanoseconds < 0 ? "-" : "")\(nanoseconds.magnitude / 1_000_000_000)."
            + String(repeating: "0", count: 9 - fraction.count) + fraction + " s"
    }
}

/// Something that acts at an instant without being a task.
public protocol EventHandler: AnyObject {
    /// Called on the simulation's thread, between two jobs.
    func fire(_ token: UInt64)
}

/// Where the root task leaves its result for the loop.
private final class OutcomeBox<Success: Sendable>: Sendable {
    private let result = Mutex<Result<Success, any Error>?>(nil)
    private let done = Atomic(false)

    var isSet: Bool { done.load(ordering: .relaxed) }

    func set(_ outcome: Result<Success, any Error>) {
        result.withLock { $0 = outcome }
        done.store(true, ordering: .relaxed)
    }

    func take() throws -> Success {
        guard let outcome = result.withLock({ $0 }) else {
            preconditionFailure("the loop ended before the root task")
        }
        return try outcome.get()
    }
}
