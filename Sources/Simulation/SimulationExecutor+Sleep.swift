#if os(Linux) && compiler(>=6.3) && compiler(<6.4)
    // Task.sleep asks its task's executor whether it can schedule, and goes to the machine's clock
    // unseen where it cannot. So this one says that it can, to see it. The protocol is not public yet:
    // elsewhere such a sleep shows when it comes back from another thread, or as a stall.
    @_spi(ExperimentalScheduling) import _Concurrency

    extension SimulationExecutor: SchedulingExecutor {
        func enqueue<C: Clock>(
            _ job: consuming ExecutorJob, after delay: C.Duration, tolerance: C.Duration?, clock: C
        ) {
            // The job is given up: the run ends before the next event.
            noteEscape(Self.sleptInRealTime)
        }

        func enqueue<C: Clock>(
            _ job: consuming ExecutorJob, at instant: C.Instant, tolerance: C.Duration?, clock: C
        ) {
            noteEscape(Self.sleptInRealTime)
        }
    }
#endif
