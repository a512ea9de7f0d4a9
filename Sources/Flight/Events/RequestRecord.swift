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
    /// The client and the number of the request. The number is its position in its load, from 0, plus 10^12 per
    /// earlier load.
    public internal(set) var call = CallID(request: 0)
    /// The index of the load that the request belongs to, in the order of the scenario.
    public internal(set) var load = 0
    /// The arrival of the request, in nanoseconds of virtual time.
    public internal(set) var arrival: Int64 = 0
    /// The instant at which the caller gives up, in nanoseconds of virtual time; `Int64.max`: never.
    public internal(set) var cancelAt = Int64.max
    /// Whether its attempts reach the upstream with exactly its method and path, so that ``asked`` can be
    /// passed to the model without building a request.
    var isSentAsAsked = false
    /// The schema that answers are checked against; nil: any JSON is valid.
    var schema: JSONSchema?
    /// The request as the upstream would see its next attempt. Set by ``FlightEventSource`` and
    /// ``AttemptDecider`` before each call of the model; consumers do not read it.
    let asked = Cell(ArrivedRequest(method: .get, path: "", request: 0))
    /// The state that ``FlightEventSource`` needs to complete this request's events. Consumers do not read it.
    let progress = Cell(RequestEventProgress())

    init(slot: Int) { self.slot = slot }

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
    /// The record of the request's attempts if there is one at a time, the usual case; it stays with the
    /// request's slot. `others`: records of parallel attempts.
    var first: AttemptRecord?
    var others: [AttemptRecord] = []

    mutating func reset() {
        (announced, sends) = (0, 0)
        (hasReachedBreaker, isFirstJudged, isNextProbe) = (false, false, false)
        failureProbability = 0
    }
}
