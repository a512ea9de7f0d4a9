import MockUpstream
import Testing
import Upstream

/// The listener's states, as clients see them at an unchanged port.
@Suite struct ListenerStateTests {
    @Test("One port turns from one state to another and back, and its port stays its own")
    func turns() throws {
        let server = try MockUpstreamServer(
            .init(tls: Certificates.shared.made.tls()), source: FixedSource(.answer(.json)))
        defer { server.stop() }
        let expected: [(MockUpstreamServer.ListenerState, Int32)] = [
            (.open, 0), (.refused, 7), (.open, 0), (.expired, 60), (.wrongHost, 60),
            (.refused, 7), (.untrusted, 60), (.handshakeHang, 28), (.refused, 7), (.open, 0),
        ]
        for (listenerState, exitCode) in expected {
            try server.setListenerState(listenerState)
            let outcome = try CurlProgram.run(
                [
                    "--cacert", Certificates.shared.files.authority,
                    "https://127.0.0.1:\(server.port)/",
                ], secondsMax: exitCode == 28 ? "0.3" : "20")
            #expect(outcome.exitCode == exitCode, "\(listenerState)")
        }
    }

    @Test("curl tells the certificates apart by what is wrong with them")
    func certificatesAreWrongAsSaid() throws {
        let server = try MockUpstreamServer(
            .init(tls: Certificates.shared.made.tls()), source: FixedSource(.answer(.json)))
        defer { server.stop() }
        let expected: [(Breakage, String)] = [
            (.expired, "certificate has expired"),
            (.wrongHost, "no alternative certificate subject"),
            (.untrusted, "self-signed certificate in certificate chain"),
        ]
        for (breakage, words) in expected {
            let port = try server.port(for: .broken(breakage, .json))
            let outcome = try CurlProgram.run([
                "--verbose", "--stderr", "-", "--cacert", Certificates.shared.files.authority,
                "https://127.0.0.1:\(port)/",
            ])
            #expect(outcome.output.contains(words), "\(breakage)")
        }
    }

    @Test("A listener that closes ends the connections that wait for nothing, and no others")
    func sendsAway() throws {
        let source = FixedSource { request in
            Performance(
                decision: Decision(
                    ending: request.target == "/hang"
                        ? .hang(beforeRequest: false) : .answer(.json), delay: 0), pace: .real)
        }
        let server = try MockUpstreamServer(.init(), source: source)
        defer { server.stop() }
        let idle = try RawClient(port: server.port)
        let busy = try RawClient(port: server.port)
        idle.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(idle.read(through: Answer.jsonText).hasPrefix("HTTP/1.1 200"))
        busy.send("GET /hang HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(eventually { source.remembered.parked.count == 1 })
        try server.setListenerState(.refused)
        #expect(idle.readToEnd() == "")
        #expect(throws: RawClient.Failure.self) { try RawClient(port: server.port) }
        #expect(source.ends(1).count == 1)
        #expect(eventually { server.openConnectionCount == 1 })
        try server.setListenerState(.open)
        #expect(try CurlProgram.run(["http://127.0.0.1:\(server.port)/"]).exitCode == 0)
    }

    @Test("A certificate fault without certificates is an error that says so")
    func needsCertificates() throws {
        let server = try MockUpstreamServer(.init(), source: FixedSource(.answer(.json)))
        defer { server.stop() }
        #expect { try server.setListenerState(.expired) } throws: { error in
            (error as? MockUpstreamError)?.code == .certificateInvalid
        }
        #expect(try CurlProgram.run(["http://127.0.0.1:\(server.port)/"]).exitCode == 0)
    }

    @Test("Each port of its own is opened once")
    func sidePortsAreKept() throws {
        let server = try MockUpstreamServer(.init(), source: FixedSource(.answer(.json)))
        defer { server.stop() }
        let refused = try server.port(for: .broken(.refused, .json))
        #expect(try server.port(for: .broken(.refused, .json)) == refused)
        #expect(try server.port(for: .broken(.reset, .json)) == server.port)
        #expect(try server.port(for: .hang(beforeRequest: true)) != server.port)
        #expect(try server.port(for: .hang(beforeRequest: false)) == server.port)
    }
}
