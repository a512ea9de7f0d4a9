import APIClient
import ScenarioFile
import Simulation

/// Makes one request after another through a client, and passes on what happens to each.
///
/// A caller is a task that waits for the next request when it has none; that costs less than a new task for each.
/// Confined to the simulation's thread.
@safe final class VirtualCaller: RequestObserver, @unchecked Sendable {
    // Confined: written before the task that reads it is resumed, on the same thread.
    let request: RequestRecord
    /// It lets go of its callers when the flight is over.
    private let driver: LoadDriver
    private let events: FlightEventSource
    /// Whether the request under way may be cancelled; it is then the only one.
    let isCancellable: Bool
    /// What ends the request under way early; nil where its caller stays.
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

    /// Whether nothing can cancel the code that runs now: it is on the caller's own task, and the caller stays. In
    /// a child task, such as one of several attempts that race, a client may cancel each by itself.
    var cannotBeCancelled: Bool { !isCancellable && task.isCurrent }

    func observe(_ event: ClientEvent, at now: Int64) { events.observed(request, event, at: now) }

    /// A line of a client's own log.
    func logged(_ line: String) { events.consumers.secrets.search(line, in: "a client's log") }

    /// Makes the request at hand, then those that are brought, until there are no more.
    func makeRequests() async {
        task = TaskIdentity.current
        // Once for all of its requests: what a class holds is retained each time that it is used.
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

    // Within `makeRequests`: a suspension of its own frame costs as much as the whole breaker.
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

    /// Wakes a caller that waits; `false` ends its task.
    func resume(_ hasRequest: Bool) {
        let continuation = unsafe idle
        unsafe idle = nil
        unsafe continuation?.resume(returning: hasRequest)
    }
}
