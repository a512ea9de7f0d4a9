/// A figure of a flight, with the number of samples that it is based on.
public struct Figure: Sendable, Hashable {
    /// The metric's name, such as `latency.p95`.
    public var name: String
    /// The load whose requests it covers; nil: all requests.
    public var load: String?
    /// The value: latencies in milliseconds, shares from 0 to 1. nil: no samples, or there is a ``note``.
    public var value: Double?
    /// A text in place of a number, such as `not recovered`. ``value`` is then nil, and every limit counts as
    /// missed. nil: the figure has a number or no samples.
    public var note: String?
    /// Whether it counts so few events that another seed may easily show none or twice as many. Defaults to `false`.
    public var isOfFewEvents = false
    /// The number of events that the value is based on.
    public var samples: UInt64
    /// The lower end of the confidence interval over several seeds; nil: one seed.
    public var low: Double?
    /// The upper end of that interval; nil: one seed.
    public var high: Double?
    /// The numbers of the first few requests that made it worse.
    public var offenders: [UInt64] = []

    /// Makes a figure of the whole flight.
    /// - Parameters:
    ///   - name: the metric's name, as in reports and JSON.
    ///   - value: the value; nil: no samples.
    ///   - samples: the number of events that the value is based on.
    ///   - offenders: the numbers of the first few requests that made it worse. Defaults to none.
    public init(_ name: String, _ value: Double?, samples: UInt64, offenders: [UInt64] = []) {
        self.name = name
        self.value = value
        self.samples = samples
        self.offenders = offenders
    }
}
