#if os(Linux) && compiler(>=6.3) && compiler(<6.4)
    // `Task.sleep` asks its task's executor whether it can schedule; if not, it uses the machine's
    // clock without notice. This executor says that it can, in order to detect such sleeps. The
    // protocol is not public yet. On other platforms the sleep is detected when it returns from
    // another thread, or as a stall.
    @_spi(ExperimentalScheduling) import _Concurrency

    extension SimulationExecutor: SchedulingExecutor {
        func enqueue<C: Clock>(
            _ job: consuming ExecutorJob, after delay: C.Duration, tolerance: C.Duration?, clock: C
        ) {
            // The job is dropped; the run ends before the next event.
            noteEscape(Self.sleptInRealTime)
        }

        func enqueue<C: Clock>(
            _ job: consuming ExecutorJob, at instant: C.Instant, tolerance: C.Duration?, clock: C
        ) {
            noteEscape(Self.sleptInRealTime)
        }
    }
#endif
