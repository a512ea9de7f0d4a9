internal import CTaskHooks
import Synchronization

/// Runs ordinary `async` code in virtual time: repeatably, and as fast as its work can be done.
///
/// The calling thread runs everything: it drains the ready jobs, fires one scheduled event, and
/// repeats. Structured concurrency works as usual. An unstructured task (unless the simulation
/// adopts it) and work that comes back from another thread end the run with an error that names the
/// reason. Code that blocks the thread is not detected; virtual time stands still meanwhile.
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
    /// Limits of a run, which end it with an error, for instance if the code loops for ever.
    public struct Limits: Sendable, Hashable {
        /// The largest number of jobs and events. Defaults to 10^12.
        public var steps: UInt64
        /// The largest virtual time, above zero. Defaults to 10 years.
        public var virtualTime: Duration

        /// Makes limits. The defaults are beyond those of ordinary runs.
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
    // Used only by the thread inside `run`.
    private nonisolated(unsafe) let realTimeDriver: (any RealTimeDriver)?

    /// Makes a simulation at virtual time 0.
    ///
    /// - Parameters:
    ///   - limits: the limits of the run.
    ///   - stopFlag: ends the run early when it is raised. nil (the default): nothing does.
    ///   - realTimeDriver: connects the simulation to real time. nil (the default): time is
    ///     virtual.
    ///   - adoptsTasks: whether tasks run without an executor preference. Defaults to false. It saves
    ///     the runtime a lookup under a lock at each suspension and return, a fifth of the time of a
    ///     bare task. Everything that is sent to the global executor from the run's thread is run
    ///     there, unstructured tasks included. Use it only for known code: a task that sleeps in real
    ///     time or is resumed by another thread is not detected until the run stalls or the task uses
    ///     the clock.
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

    /// Runs `body` and the tasks that it starts until `body` returns.
    ///
    /// Call it once. Every further call throws ``SimulationError/Code/alreadyRun`` and changes nothing, also a call
    /// from inside the run and one that another thread makes meanwhile: of two threads that call it at once, one
    /// runs its `body`. Another simulation may run inside of this one.
    /// - Returns: the result of `body`.
    /// - Throws: the error of `body`, or a ``SimulationError``. After a ``SimulationError`` the
    ///   unfinished tasks stay suspended for ever, and their memory is not released.
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
            // Suspended tasks still refer to the executor, so it must outlive them.
            _ = unsafe Unmanaged.passRetained(executor)
            throw error
        }
        return try box.take()
    }

    /// Starts a task inside the simulation, concurrent with the caller.
    ///
    /// Call it on the simulation's thread only: from inside ``run(_:)`` or from an
    /// ``EventHandler``. The run does not wait for the task.
    /// - Returns: the task. It may be cancelled on the simulation's thread only.
    @discardableResult
    public func spawn(_ body: @escaping @Sendable () async -> Void) -> Task<Void, Never> {
        guard unsafe executor.state.pointee.adoptsTasks else {
            return Task(executorPreference: executor, operation: body)
        }
        if !executor.isOnOwnThread { executor.noteEscape("a task was spawned from another thread") }
        return Task { await body() }
    }

    /// Schedules a call of `handler` with `token`, between two jobs, for work that is not a task.
    /// `token` defaults to 0.
    public func schedule(_ key: EventKey, _ handler: any EventHandler, token: UInt64 = 0) {
        guard executor.admitsCaller("an event was scheduled") else { return }
        executor.arm(executor.reserve(), key, .handler(handler, token: token))
    }

    /// Removes the next event and moves the clock to it, instead of waiting until it is fired. This
    /// saves a job, if the caller can do what its handler would do.
    ///
    /// Call it in the last ready job, right before that job ends or suspends.
    /// - Returns: the token that `handler` was scheduled with; the clock now shows its instant. nil
    ///   if another event or job comes first.
    public func takeNext(scheduledFor handler: any EventHandler) -> UInt64? {
        guard executor.isOnOwnThread else { return nil }
        return executor.takeNext(scheduledFor: handler)
    }

    /// Ends the run with an error that has this message, before its next event. Call it on the
    /// simulation's thread only, for instance from an ``EventHandler``.
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
            // Checked here as well as in `drain`, because events may follow events without a job
            // between them.
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

    /// Waits for the next event or for an external one, and moves the clock accordingly.
    /// - Returns: whether the next event is to be fired now.
    private func isDue(_ realTimeDriver: any RealTimeDriver) -> Bool {
        let next = executor.nextInstant
        // No event will ever come; `fireNext` reports that.
        if next == nil && !realTimeDriver.isExpecting { return true }
        realTimeDriver.wait(until: next)
        let now = realTimeDriver.now
        // Between two events the clock shows real time, but an event never happens after its
        // instant.
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

    /// The duration as text, such as `12.500000000 s`.
    static func seconds(_ nanoseconds: Int64) -> String {
        let fraction = String(nanoseconds.magnitude % 1_000_000_000)
        return "\(nanoseconds < 0 ? "-" : "")\(nanoseconds.magnitude / 1_000_000_000)."
            + String(repeating: "0", count: 9 - fraction.count) + fraction + " s"
    }
}

/// A receiver of scheduled events that is not a task.
public protocol EventHandler: AnyObject {
    /// Handles an event. Called on the simulation's thread, between two jobs. `token` is the one
    /// that the event was scheduled with.
    func fire(_ token: UInt64)
}

/// Passes the result of the root task to the loop.
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
