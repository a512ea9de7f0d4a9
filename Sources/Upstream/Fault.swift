public import KeyedChance

/// A fault: when it is active, which requests it applies to, how often it strikes, and what it
/// does.
public struct Fault: Sendable, Hashable {
    /// When the fault is active. Defaults to always.
    public var schedule: Schedule
    /// The requests that it applies to. Defaults to all.
    public var scope: Scope
    /// How often it strikes them. Defaults to always.
    public var frequency: Frequency
    /// What it does.
    public var effect: Effect

    /// Makes a fault. By default it always strikes every request.
    public init(
        schedule: Schedule = .always, scope: Scope = Scope(), frequency: Frequency = .always,
        effect: Effect
    ) {
        self.schedule = schedule
        self.scope = scope
        self.frequency = frequency
        self.effect = effect
    }

    /// The requests that a fault applies to. A criterion that is nil matches everything.
    public struct Scope: Sendable, Hashable {
        /// The HTTP method.
        public var method: String?
        /// The paths.
        public var path: PathPattern?
        /// The client's number, from 0.
        public var client: UInt32?
        /// Makes a scope; by default it contains all requests.
        public init(method: String? = nil, path: PathPattern? = nil, client: UInt32? = nil) {
            (self.method, self.path, self.client) = (method, path, client)
        }
    }

    /// How often an active fault strikes a request in its scope.
    public enum Frequency: Sendable, Hashable {
        /// Every attempt is struck.
        case always
        /// Each attempt is struck independently with this probability.
        case probability(Ratio)
        /// The first `fail` attempts are struck: of each request, or of all requests in scope
        /// together.
        case sequence(fail: UInt32, of: Population)
        /// The fault strikes in bursts (a Gilbert-Elliott chain over slots of `slot` nanoseconds):
        /// in each slot it turns on with probability `enter` and off with probability `leave`.
        /// While on, it strikes every attempt.
        case burst(enter: Ratio, leave: Ratio, slot: Int64)

        /// The attempts that a sequence counts.
        public enum Population: String, Sendable, Hashable, CaseIterable {
            /// The attempts of each request are counted separately.
            case eachRequest = "each_request"
            /// The attempts of all requests in scope are counted together, from the start of each
            /// occurrence.
            case all
        }
    }

    /// The effect of a fault. Each kind is documented at its own type.
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
