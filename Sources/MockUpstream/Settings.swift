extension MockUpstreamServer {
    /// The address, the limits and the mode of a server.
    public struct Settings: Sendable {
        /// Which thread runs the server.
        public enum Mode: Sendable, Hashable {
            /// The owner's: it calls ``MockUpstreamServer/turn()``.
            case driven
            /// A thread of the server's own.
            case threaded
        }

        /// The IP address to listen at. Defaults to `127.0.0.1`.
        public var address: String
        /// The port to listen at; 0 (the default): the system chooses one.
        public var port: UInt16
        /// Which thread runs the server. Defaults to `threaded`.
        public var mode: Mode
        /// The certificates for TLS; nil (the default): plain HTTP.
        public var tls: TLS?
        /// The largest number of open connections, at least 1. Defaults to 2 000. Beyond it the
        /// connection that has been idle for the longest is closed.
        public var connectionsMax: Int
        /// The memory for the header of a request and of its answer together, in bytes, at least 4
        /// 096. Defaults to 32 KiB.
        public var headerBytesMax: Int
        /// The largest size of a request's body in bytes, 0 or more. Defaults to 1 MiB. A larger
        /// body is answered with 413.
        public var bodyBytesMax: Int
        /// The time limit for sending a complete request, from the connection or the last answer
        /// on, and for receiving an answer. Defaults to 60 s. The connection is then closed. nil:
        /// no limit.
        public var idleTimeout: Duration?
        /// The server's own endpoints; nil (the default): none.
        public var control: ControlAPI?

        /// Makes settings; every parameter has a default.
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

    /// A certificate and its key in PEM.
    public struct Identity: Sendable, Hashable {
        /// The certificate, followed by those of its issuers.
        public var chain: String
        /// The private key, not encrypted.
        public var key: String

        /// Makes an identity.
        public init(chain: String, key: String) { (self.chain, self.key) = (chain, key) }
    }

    /// The certificates of a server with TLS.
    public struct TLS: Sendable, Hashable {
        /// The certificate that the server regularly presents.
        public var identity: Identity
        /// The certificates for the certificate faults; nil (the default): the server cannot
        /// perform these faults.
        public var faulty: Faulty?
        /// The certificates of the authorities for client certificates in PEM; nil (the default):
        /// clients are not asked for one.
        public var clientAuthority: String?

        /// The certificates for the certificate faults.
        public struct Faulty: Sendable, Hashable {
            /// An expired certificate.
            public var expired: Identity
            /// A certificate for another host.
            public var wrongHost: Identity
            /// A certificate that is not signed by a trusted authority.
            public var untrusted: Identity

            /// Makes a set of faulty certificates.
            public init(expired: Identity, wrongHost: Identity, untrusted: Identity) {
                (self.expired, self.wrongHost, self.untrusted) = (expired, wrongHost, untrusted)
            }
        }

        /// Makes TLS settings. By default there are no faulty certificates and no client authority.
        public init(identity: Identity, faulty: Faulty? = nil, clientAuthority: String? = nil) {
            self.identity = identity
            self.faulty = faulty
            self.clientAuthority = clientAuthority
        }
    }
}
