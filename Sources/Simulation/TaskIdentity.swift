import CTaskHooks

/// Tells tasks apart, for as long as they live.
public struct TaskIdentity: Sendable, Hashable {
    /// The task's address, which is compared and never followed; 0: no task.
    private let address: UInt

    /// No task.
    public static var none: TaskIdentity { TaskIdentity(address: 0) }

    /// The task that the calling code runs in; ``none`` outside of tasks.
    public static var current: TaskIdentity {
        @inline(__always) get {
            TaskIdentity(address: unsafe UInt(bitPattern: task_hooks_current_task()))
        }
    }

    /// Whether the calling code runs in this task, and not in a child of it.
    @inline(__always) public var isCurrent: Bool { address != 0 && self == .current }
}
