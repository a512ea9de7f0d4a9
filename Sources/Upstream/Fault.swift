public import KeyedChance

/// Something that goes wrong: when, for whom, how often, and what.
public struct Fault: Sendable, Hashable {
    /// When it is active.
    public var schedule: Schedule
    /// Whom it concerns.
    public var scope: Scope
    /// How often it strikes those whom it concerns.
    public var frequency: Frequency
    /// What it does.
    public var effect: Effect

    /// A fault that always strikes everybody, unless told otherwise.
    public init(
        schedule: Schedule = .always, scope: Scope = Scope(), frequency: Frequency = .always,
        effect: Effect
    ) {
        self.schedule = schedule
        self.scope = scope
        self.frequency = frequency
        self.effect = effect
    }

    /// Whom a fault concerns; what is nil matches everything.
    public struct Scope: Sendable, Hashable {
        /// The method, as it stands in the request line.
        public var method: String?
        /// The paths.
        public var path: PathPattern?
        /// The client's number, from 0.
        public var client: UInt32?
        /// A scope; by default everything.
        public init(method: String? = nil, path: PathPattern? = nil, client: UInt32? = nil) {
            (self.method, self.path, self.client) = (method, path, client)
        }
    }

    /// How often an applicable fault strikes.
    public enum Frequency: Sendable, Hashable {
        case always
        /// Each attempt on its own.
        case probability(Ratio)
        /// The first `fail` attempts, of each request or of all requests that are in scope.
        case sequence(fail: UInt32, of: Population)
        /// In bursts: over slots of virtual time, `slot` nanoseconds each, it turns on with probability
        /// `enter` and off with `leave`; while it is on, every attempt is struck.
        case burst(enter: Ratio, leave: Ratio, slot: Int64)

        /// Whose attempts a sequence counts.
        public enum Population: String, Sendable, Hashable, CaseIterable {
            case eachRequest = "each_request"
            case all
        }
    }

    /// What strikes: one case a kind; each kind's meaning is in its own file of `Faults/`.
    public enum Effect: Sendable, Hashable {
        case status(StatusFault)
        case latency(LatencyFault)
        case hang(HangFault)
        case refuse(RefuseFault)
        case reset(ResetFault)
        case resetMidBody(ResetMidBodyFault)
        case truncate(TruncateFault)
        case empty(EmptyFault)
        case garbage(GarbageFault)
        case badChunk(BadChunkFault)
        case drip(DripFault)
        case malformedJSON(MalformedJSONFault)
        case wrongSchema(WrongSchemaFault)
        case headersCut(HeadersCutFault)
        case duplicateLength(DuplicateLengthFault)
        case hugeHeaders(HugeHeadersFault)
        case badGzip(BadGzipFault)
        case expired(ExpiredCertificateFault)
        case wrongHost(WrongHostCertificateFault)
        case untrusted(UntrustedCertificateFault)
        case handshakeHang(HandshakeHangFault)
    }
}
