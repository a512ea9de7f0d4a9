extension MockUpstream {
    /// How a server listens, and what it puts up with.
    package struct Settings: Sendable {
        /// Who gives the server its turns.
        package enum Mode: Sendable, Hashable {
            /// Nobody but the owner, who calls ``MockUpstream/turn()``.
            case driven
            /// A thread of the server's.
            case threaded
        }

        /// An IP address of this machine. Defaults to loopback.
        package var address: String
        /// 0: the system chooses. Defaults to `0`.
        package var port: UInt16
        /// Who gives it its turns. Defaults to `threaded`.
        package var mode: Mode
        /// Certificates; nil: plain HTTP. Defaults to nil.
        package var tls: TLS?
        /// Open connections at a time; who has waited longest for a request makes room. Defaults to
        /// `2 000`.
        package var connectionsMax: Int
        /// Bytes for the header of a request and that of its answer, together. Defaults to 32 KiB.
        package var headerBytesMax: Int
        /// Bytes of a request's body; a larger one is answered with 413. Defaults to 1 MiB.
        package var bodyBytesMax: Int
        /// How long a client may take to send a request, from the connection or the last answer to
        /// the last byte of it, and to take an answer. nil: for ever. Defaults to a minute.
        package var patience: Duration?
        /// What the server answers itself; nil: nothing. Defaults to nil.
        package var control: ControlAPI?

        /// A server on loopback, unless told otherwise.
        package init(
            address: String = "127.0.0.1", port: UInt16 = 0, mode: Mode = .threaded,
            tls: TLS? = nil, connectionsMax: Int = 2_000, headerBytesMax: Int = 32_768,
            bodyBytesMax: Int = 1_048_576, patience: Duration? = .seconds(60),
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
            self.patience = patience
            self.control = control
        }
    }

    /// A certificate and its key, in PEM.
    package struct Identity: Sendable, Hashable {
        /// The certificate, then those who signed it.
        package var chain: String
        /// The private key, not encrypted.
        package var key: String

        /// An identity.
        package init(chain: String, key: String) { (self.chain, self.key) = (chain, key) }
    }

    /// The certificates of a server that speaks TLS.
    package struct TLS: Sendable, Hashable {
        /// What an honest server shows.
        package var identity: Identity
        /// What it shows where the certificate is a fault.
        package var faulty: Faulty?
        /// PEM of those who sign client certificates; nil: no client is asked for one.
        package var clientAuthority: String?

        /// Identities with something wrong.
        package struct Faulty: Sendable, Hashable {
            /// Its time is over.
            package var expired: Identity
            /// It is for another host.
            package var wrongHost: Identity
            /// Nobody who is trusted has signed it.
            package var untrusted: Identity

            /// Three faults.
            package init(expired: Identity, wrongHost: Identity, untrusted: Identity) {
                (self.expired, self.wrongHost, self.untrusted) = (expired, wrongHost, untrusted)
            }
        }

        /// TLS with an identity.
        package init(identity: Identity, faulty: Faulty? = nil, clientAuthority: String? = nil) {
            self.identity = identity
            self.faulty = faulty
            self.clientAuthority = clientAuthority
        }
    }
}
