/// Ties a simulation's time to the world outside: events are due when real time has come, and tasks may
/// also be resumed by what happens outside meanwhile, such as an answer on a socket.
///
/// A simulation with a realTimeDriver is not repeatable; everything else about it stays: one thread, the
/// order of events at one instant, structured tasks. Asked on the simulation's thread only.
public protocol RealTimeDriver: AnyObject {
    /// Nanoseconds since the run began; never falls.
    var now: Int64 { get }

    /// Whether something is under way outside that may still resume a task.
    var isExpecting: Bool { get }

    /// Waits until `instant` has come, or something outside has happened, or some fraction of a second is
    /// over, whichever is first. What has happened may resume tasks from within the call.
    /// - Parameter instant: nanoseconds since the run began; nil: nothing is scheduled.
    func wait(until instant: Int64?)
}
