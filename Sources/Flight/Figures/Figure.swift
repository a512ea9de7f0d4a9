/// A figure of a flight, with the samples that it rests on.
public struct Figure: Sendable, Hashable {
    /// The metric's name, such as `latency.p95`.
    public var name: String
    /// The load that it is about; nil: all.
    public var load: String?
    /// Latencies in milliseconds, shares from 0 to 1; nil: no samples.
    public var value: Double?
    /// What there is to say where no number would do, such as `not recovered`: there is no value then,
    /// and every limit is missed. nil for all others.
    public var note: String?
    /// Whether it counts so few events that another seed may well show none, or twice as many.
    public var isOfFewEvents = false
    /// How many events the value rests on.
    public var samples: UInt64
    /// The interval over several seeds; nil with one.
    public var low: Double?
    /// The upper end of that interval; nil with one seed.
    public var high: Double?
    /// The first few requests that made it worse.
    public var offenders: [UInt64] = []

    /// A figure of the whole flight.
    /// - Parameters:
    ///   - name: as it stands in reports and in JSON.
    ///   - value: nil: no samples.
    ///   - samples: the number of events that the value rests on.
    ///   - offenders: the numbers of the first few requests that made it worse.
    public init(_ name: String, _ value: Double?, samples: UInt64, offenders: [UInt64] = []) {
        self.name = name
        self.value = value
        self.samples = samples
        self.offenders = offenders
    }
}
