/// Follows the events of a flight: the trace, the figures, the invariants, and your own additions.
///
/// Pass yours to ``FlightRun/fly(_:_:upstream:client:consumers:)``. Every consumer receives every event, on the
/// simulation's thread, at the instant at which it happens. Consumers are independent: none changes what another reads,
/// so their order does not matter. A consumer must not call back into the client or the simulation.
public protocol FlightEventConsumer: AnyObject {
    /// Handles an event of a request.
    ///
    /// - Parameters:
    ///   - event: the event. Its records are reused; see ``AttemptRecord``.
    ///   - request: the request that it concerns.
    ///   - instant: its instant, in nanoseconds of virtual time. It never decreases from one event to the next.
    func consume(_ event: FlightEvent, of request: RequestRecord, at instant: Int64)

    /// Handles an event at the upstream. Does nothing by default.
    func consume(_ event: UpstreamEvent, at instant: Int64)

    /// Handles the end of the flight, including an early one. Does nothing by default.
    /// - Parameter instant: the end, in nanoseconds of virtual time.
    func finish(at instant: Int64)

    /// Figures for the result of the flight; read once, after ``finish(at:)``. Empty by default.
    var figures: [Figure] { get }

    /// Checks for the result of the flight; read once, after ``finish(at:)``. A violation fails the scenario.
    /// Empty by default.
    var invariants: [InvariantResult] { get }
}

extension FlightEventConsumer {
    /// Does nothing.
    public func consume(_ event: UpstreamEvent, at instant: Int64) {}
    /// Does nothing.
    public func finish(at instant: Int64) {}
    /// An empty list: the consumer has no figures.
    public var figures: [Figure] { [] }
    /// An empty list: the consumer has no checks.
    public var invariants: [InvariantResult] { [] }
}
