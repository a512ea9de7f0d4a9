public import APIClient
public import HTTPTypes
import Upstream

/// One request of a load, from its arrival to its end, with the properties that are fixed at its arrival.
///
/// Consumers read it and keep their own state by ``slot``. A record is reused for a later request after
/// ``FlightEvent/ended(_:)``, so do not keep it longer. Confined to the simulation's thread.
public final class RequestRecord {
    /// A small number, unique among the requests in flight. Slots are reused, so an array indexed by slot stays
    /// as small as the number of simultaneous requests.
    public let slot: Int
    /// What changes from one request to the next, behind a pointer; see ``AttemptRecord``.
    private let facts = Cell(Facts())

    private struct Facts {
        var call = CallID(request: 0)
        var load = 0
        var arrival: Int64 = 0
        var cancelAt = Int64.max
        var isSentAsAsked = false
        var isLogged = false
        var schema: JSONSchema?
    }

    /// The client and the number of the request. The number is its position in its load, from 0, plus 10^12
    /// for each load before.
    public internal(set) var call: CallID {
        @inline(__always) get { facts.value.call }
        @inline(__always) set { facts.value.call = newValue }
    }
    /// The index of the load that the request belongs to, in the order of the scenario.
    public internal(set) var load: Int {
        @inline(__always) get { facts.value.load }
        @inline(__always) set { facts.value.load = newValue }
    }
    /// When the request arrived, in nanoseconds of virtual time.
    public internal(set) var arrival: Int64 {
        @inline(__always) get { facts.value.arrival }
        @inline(__always) set { facts.value.arrival = newValue }
    }
    /// When the caller gives up, in nanoseconds of virtual time; `Int64.max`: never.
    public internal(set) var cancelAt: Int64 {
        @inline(__always) get { facts.value.cancelAt }
        @inline(__always) set { facts.value.cancelAt = newValue }
    }
    /// Whether the attempts arrive at the upstream with exactly the method and path of the request, so that
    /// ``asked`` can be given to the model without putting a request together.
    var isSentAsAsked: Bool {
        @inline(__always) get { facts.value.isSentAsAsked }
        @inline(__always) set { facts.value.isSentAsAsked = newValue }
    }
    /// Whether the client's log and metrics cover it; see ``SearchedTelemetry``.
    var isLogged: Bool {
        @inline(__always) get { facts.value.isLogged }
        @inline(__always) set { facts.value.isLogged = newValue }
    }
    /// The schema that answers are checked against; nil: any JSON is valid.
    var schema: JSONSchema? {
        @inline(__always) get { facts.value.schema }
        @inline(__always) set { facts.value.schema = newValue }
    }
    /// The request as the upstream would see its next attempt. Written by ``FlightEventSource`` and
    /// ``AttemptDecider`` right before each question to the model; no consumer reads it.
    let asked = Cell(ArrivedRequest(method: .get, path: "", request: 0))
    /// The state that ``FlightEventSource`` needs to complete this request's events. Consumers do not read it.
    let progress = Cell(RequestEventProgress())

    /// The record of the request's attempts where there is one at a time, as nearly always.
    let attempt: AttemptRecord

    init(slot: Int, _ attempt: AttemptRecord) {
        self.slot = slot
        self.attempt = attempt
    }

    /// The request's method.
    public var method: HTTPRequest.Method { asked.value.method }
    /// The request's path, without the query.
    public var path: String { asked.value.path }

    /// Reuses the record for a new request. Method and path are set at the arrival.
    func reset(to call: CallID, load: Int, at arrival: Int64) {
        (self.call, self.load, self.arrival) = (call, load, arrival)
        (cancelAt, isSentAsAsked) = (.max, false)
        // Requests rarely have a schema, and releasing a nil reference costs as much as a real one.
        if schema != nil { schema = nil }
        progress.value.reset()
    }
}

/// The state of a request that completes its events.
struct RequestEventProgress {
    /// Number of attempts that the client has reported. `sends`: those that the upstream has seen.
    var announced: UInt32 = 0
    var sends: UInt32 = 0
    /// Whether the breaker has been asked for this request.
    var hasReachedBreaker = false
    /// Whether the first attempt, sent or refused, has been compared with the ground truth.
    var isFirstJudged = false
    /// Whether the client has reported its next attempt as a probe.
    var isNextProbe = false
    /// The failure probability when the breaker was last asked, from 0 to 1.
    var failureProbability = 0.0
    /// The records of attempts that are under way beside ``RequestRecord/attempt``.
    var others: [AttemptRecord] = []

    mutating func reset() {
        (announced, sends) = (0, 0)
        (hasReachedBreaker, isFirstJudged, isNextProbe) = (false, false, false)
        failureProbability = 0
    }
}
