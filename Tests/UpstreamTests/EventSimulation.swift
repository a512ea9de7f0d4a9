/// A queue simulated event by event, with a list of waiting arrivals, a list of arrivals in
/// service, and a clock that advances from event to event. It was written independently of
/// `ServiceStation`, whose recursion it checks.
struct EventSimulation {
    struct Stay: Equatable {
        /// The time from the arrival to the start of service, or to leaving the queue.
        var wait: Int64
        /// The time in service.
        var work: Int64
    }

    private struct Customer {
        let number: Int
        let arrived: Int64
        let work: Int64
        let clientTimeout: Int64
        var leaves: Int64 {
            arrived.addingReportingOverflow(clientTimeout).overflow ? .max : arrived + clientTimeout
        }
    }

    private let servers: Int
    private let queueMax: Int
    private let drops: Bool
    private var waiting: [Customer] = []
    private var served: [(customer: Customer, began: Int64, ends: Int64)] = []
    /// The stays by number of the arrival; nil for an arrival that was refused.
    private(set) var stays: [Stay?] = []

    init(servers: Int, queueMax: Int, drops: Bool) {
        (self.servers, self.queueMax, self.drops) = (servers, queueMax, drops)
    }

    mutating func arrive(at now: Int64, work: Int64, clientTimeout: Int64) {
        run(through: now)
        let customer = Customer(
            number: stays.count, arrived: now, work: work, clientTimeout: clientTimeout)
        stays.append(nil)
        if served.count < servers {
            begin(customer, at: now)
        } else if waiting.count < queueMax {
            waiting.append(customer)
        }
    }

    /// Runs until all arrivals have finished.
    mutating func runOut() { run(through: .max) }

    /// Processes all events up to and including `now`. Intervals are half open, so an arrival that
    /// ends now is gone for one that arrives now.
    private mutating func run(through now: Int64) {
        while true {
            let end = served.indices.min { served[$0].ends < served[$1].ends }
            let gone = drops ? waiting.indices.min { waiting[$0].leaves < waiting[$1].leaves } : nil
            let endsAt = end.map { served[$0].ends }
            let goneAt = gone.map { waiting[$0].leaves }
            if let end, let endsAt, endsAt <= min(now, goneAt ?? .max) {
                let (customer, began, _) = served.remove(at: end)
                stays[customer.number] = Stay(wait: began - customer.arrived, work: endsAt - began)
                if !waiting.isEmpty { begin(waiting.removeFirst(), at: endsAt) }
            } else if let gone, let goneAt, goneAt <= now {
                let customer = waiting.remove(at: gone)
                stays[customer.number] = Stay(wait: customer.clientTimeout, work: 0)
            } else {
                return
            }
        }
    }

    private mutating func begin(_ customer: Customer, at now: Int64) {
        let done = now + customer.work
        served.append((customer, now, drops ? max(now, min(done, customer.leaves)) : done))
    }
}
