extension MockUpstreamServer {
    /// How a server listens, and what it puts up with.
    public struct Settings: Sendable {
        /// Who gives the server its turns.
        public enum Mode: Sendable, Hashable {
            /// Nobody but the owner, who calls ``MockUpstreamServer/turn()``.
            case driven
            /// A thread of the server's.
            case threaded
        }

        /// An IP address of this machine. Defaults to loopback.
        public var address: String
        /// 0: the system chooses. Defaults to `0`.
        public var port: UInt16
        /// Who gives it its turns. Defaults to `threaded`.
        public var mode: Mode
        /// Certificates; nil: plain HTTP. Defaults to nil.
        public var tls: TLS?
        /// Open connections at a time; who has waited longest for a request makes room. Defaults to
        /// `2 000`.
        public var connectionsMax: Int
        /// Bytes for the header of a request and that of its answer, together. Defaults to 32 KiB.
        public var headerBytesMax: Int
        /// Bytes of a request's body; a larger one is answered with 413. Defaults to 1 MiB.
        public var bodyBytesMax: Int
        /// How long a client may take to send a request, from the connection or the last answer to
        /// the last byte of it, and to take an answer. nil: for ever. Defaults to a minute.
        public var idleTimeout: Duration?
        /// What the server answers itself; nil: nothing. Defaults to nil.
        public var control: ControlAPI?

        /// A server on loopback, unless told otherwise.
        public init(
            address: String = "127.0.0.1", port: UInt16 = 0, mode: Mode = .threaded,
            tls: TLS? = nil, connectionsMax: Int = 2_000, headerBytesMax: Int = 32_768,
            bodyBytesMax: Int = 1_048_576, idleTimeout: Duration? = .seconds(60),
            control: ControlAPI? = nil
        ) {
            precondition(connectionsMax > 0, "a server without connections serves nobody")
            precondition(headerBytesMax >= 4_096, "a header of 4 KiB must have its place")
            precondition(bodyBytesMax >= 0, "a body has no negative size")
            self.address = address
            self.port = port
            self.mode = mode
            self.tls = tls
            self.connectionsMax = connectionsMax
            self.headerBytesMax = headerBytesMax
            self.bodyBytesMax = bodyBytesMax
            self.idleTimeout = idleTimeout
            self.control = control
        }
    }

    /// A certificate and its key, in PEM.
    public struct Identity: Sendable, Hashable {
        /// The certificate, then those who signed it.
        public var chain: String
        /// The private key, not encrypted.
        public var key: String

        /// An identity.
        public init(chain: String, key: String) { (self.chain, self.key) = (chain, key) }
    }

    /// The certificates of a server that speaks TLS.
    public struct TLS: Sendable, Hashable {
        /// What an honest server shows.
        public var identity: Identity
        /// What it shows where the certificate is a fault.
        public var faulty: Faulty?
        /// PEM of those who sign client certificates; nil: no client is asked for one.
        public var clientAuthority: String?

        /// Identities with something wrong.
        public struct Faulty: Sendable, Hashable {
            /// Its time is over.
            public var expired: Identity
            /// It is for another host.
            public var wrongHost: Identity
            /// Nobody who is trusted has signed it.
            public var untrusted: Identity

            /// Three faults.
            public init(expired: Identity, wrongHost: Identity, untrusted: Identity) {
                (self.expired, self.wrongHost, self.untrusted) = (expired, wrongHost, untrusted)
            }
        }

        /// TLS with an identity.
        public init(identity: Identity, faulty: Faulty? = nil, clientAuthority: String? = nil) {
            self.identity = identity
            self.faulty = faulty
            self.clientAuthority = clientAuthority
        }
    }
}
