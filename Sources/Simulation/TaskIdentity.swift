import CTaskHooks

/// Tells tasks apart, for as long as they live.
@safe public struct TaskIdentity: Sendable, Hashable {
    /// Never dereferenced.
    private nonisolated(unsafe) let task: UnsafeRawPointer?

    private init(_ task: UnsafeRawPointer?) { unsafe self.task = task }

    /// No task.
    public static var none: TaskIdentity { TaskIdentity(nil) }

    /// The task that the calling code runs in; ``none`` outside of tasks.
    public static var current: TaskIdentity {
        @inline(__always) get { unsafe TaskIdentity(task_hooks_current_task()) }
    }

    /// Whether the calling code runs in this task, and not in a child of it.
    @inline(__always) public var isCurrent: Bool {
        unsafe task != nil && task == task_hooks_current_task()
    }
}
