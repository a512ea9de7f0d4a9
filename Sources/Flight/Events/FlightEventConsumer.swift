/// Follows a flight: the trace, the figures, the checks of invariants, and what you add to them.
///
/// Pass yours to ``FlightRun/fly(_:_:upstream:client:consumers:)``. Every consumer is told every event, on the
/// simulation's thread, at the instant at which it happens. Consumers know nothing of each other and change
/// nothing that another one reads, so their order does not matter. A consumer must not call back into the
/// client or the simulation.
public protocol FlightEventConsumer: AnyObject {
    /// Something happens to a request.
    ///
    /// - Parameters:
    ///   - event: what happens. Its records are used again; see ``AttemptRecord``.
    ///   - request: whom it happens to.
    ///   - instant: when, in nanoseconds of virtual time. Never falls from one event to the next.
    func consume(_ event: FlightEvent, of request: RequestRecord, at instant: Int64)

    /// Something happens at the upstream. By default nothing is done.
    func consume(_ event: UpstreamEvent, at instant: Int64)

    /// The flight is over, or was ended early. By default nothing is done.
    /// - Parameter instant: the end, in nanoseconds of virtual time.
    func finish(at instant: Int64)

    /// Figures for the result of the flight; asked for once, after ``finish(at:)``. None by default.
    var figures: [Figure] { get }

    /// Checks for the result of the flight; asked for once, after ``finish(at:)``. A violation fails the
    /// scenario. None by default.
    var invariants: [InvariantResult] { get }
}

extension FlightEventConsumer {
    /// Does nothing.
    public func consume(_ event: UpstreamEvent, at instant: Int64) {}
    /// Does nothing.
    public func finish(at instant: Int64) {}
    /// No figures.
    public var figures: [Figure] { [] }
    /// No checks.
    public var invariants: [InvariantResult] { [] }
}
