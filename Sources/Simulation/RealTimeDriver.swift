/// Connects a simulation to real time: events are due when real time has reached their instant, and
/// tasks may also be resumed by external events, such as an answer on a socket.
///
/// A simulation with a driver is not repeatable. The rest is unchanged: one thread, the order of
/// events at one instant, structured tasks. The driver is called on the simulation's thread only.
public protocol RealTimeDriver: AnyObject {
    /// Nanoseconds since the run began; never decreases.
    var now: Int64 { get }

    /// Whether an external operation is under way that may still resume a task.
    var isExpecting: Bool { get }

    /// Waits until `instant`, until an external event has happened, or until a fraction of a second
    /// has passed, whichever is first. External events may resume tasks from within the call.
    /// - Parameter instant: nanoseconds since the run began; nil: nothing is scheduled.
    func wait(until instant: Int64?)
}
