import APIClient
import ScenarioFile
import Simulation

/// Makes requests through a client, one after another, and reports their events.
///
/// A caller is a task that is suspended while it has no request; reusing it is cheaper than a new task per
/// request. Confined to the simulation's thread.
@safe final class VirtualCaller: RequestObserver, @unchecked Sendable {
    // Confined: written before the task that reads it is resumed, on the same thread.
    let request: RequestRecord
    /// Forms a reference cycle, which the driver breaks at the end of the flight by dropping its callers.
    private let driver: LoadDriver
    private let events: FlightEventSource
    /// Whether the current request may be cancelled. If so, the caller makes only this one request.
    let isCancellable: Bool
    /// Cancels the current request at a set instant; nil: its caller does not give up.
    var cancellation: Cancellation?
    /// The task that executes the requests.
    private var task = TaskIdentity.none
    private var idle: UnsafeContinuation<Bool, Never>?

    init(_ driver: LoadDriver, _ events: FlightEventSource, isCancellable: Bool) {
        self.driver = driver
        self.events = events
        self.isCancellable = isCancellable
        request = events.makeRequest()
    }

    var call: CallID { request.call }
    var isLogged: Bool { request.isLogged }

    /// Whether the running code cannot be cancelled: it is on the caller's own task, and the caller does not
    /// give up. A client may cancel child tasks, such as hedged attempts, separately.
    var cannotBeCancelled: Bool { !isCancellable && task.isCurrent }

    func observe(_ event: ClientEvent, at now: Int64) { events.observed(request, event, at: now) }

    /// Searches a line of the client's own log for secrets.
    func logged(_ line: String) { events.consumers.secrets.search(line, in: "a client's log") }

    /// Makes the current request, then each further one that is assigned, until there are no more.
    func makeRequests() async {
        task = TaskIdentity.current
        // Read once for all requests: each read of a class property retains the object.
        let (driver, events, request) = (driver, events, request)
        var member = driver.member(of: request.call)
        repeat {
            let asked = driver.asked(by: request)
            if request.call.client != member.environment.identity {
                member = driver.member(of: request.call)
            }
            events.arrived(request, asked.target, expecting: asked.request.responseSchema)
            do {
                let response =
                    if let client = member.own {
                        try await client.execute(asked.request, observer: self)
                    } else {
                        try await member.client.execute(
                            asked.request, on: RequestContext(self, member.environment))
                    }
                events.ended(request, response, at: driver.now)
            } catch {
                events.ended(request, .error(error.code, error.origin), at: driver.now)
            }
        } while await next()
    }

    // Inlined into `makeRequests`: a separate async frame costs as much as the whole breaker.
    @inline(__always) private func next() async -> Bool {
        if isCancellable {
            cancellation?.drop()
            cancellation = nil
        }
        switch driver.takeBack(self) {
        case .goesOn: return true
        case .isDone: return false
        case .waits: return await unsafe withUnsafeContinuation { unsafe idle = $0 }
        }
    }

    /// Resumes a suspended caller; `false` ends its task.
    func resume(_ hasRequest: Bool) {
        let continuation = unsafe idle
        unsafe idle = nil
        unsafe continuation?.resume(returning: hasRequest)
    }
}
