import Foundation
import MockUpstream
import Testing
import Upstream

/// Checks how a server starts and that it leaves nothing behind.
@Suite struct StartAndStopTests {
    private static func server(_ settings: MockUpstreamServer.Settings) throws -> MockUpstreamServer
    {
        try MockUpstreamServer(settings, source: FixedSource(.answer(.json)))
    }

    @Test("A port in use is an error that names it; after stop() the port is free at once")
    func portInUse() throws {
        let first = try Self.server(.init())
        let port = first.port
        #expect {
            try Self.server(.init(port: port))
        } throws: { error in
            let error = error as? MockUpstreamError
            return error?.code == .addressInUse
                && error?.message.contains("127.0.0.1:\(port)") == true
        }
        // An open connection does not keep the port.
        let client = try RawClient(port: port)
        client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(client.read(through: Answer.jsonText).hasPrefix("HTTP/1.1 200"))
        first.stop()
        first.stop()
        #expect(client.readToEnd() == "")
        #expect(throws: RawClient.Failure.self) { try RawClient(port: port) }
        let second = try Self.server(.init(port: port))
        #expect(second.port == port)
        second.stop()
    }

    @Test("What is under way when the server stops ends as stopped", arguments: [true, false])
    func stopEndsExchanges(isDriven: Bool) throws {
        let source = FixedSource { request in
            Performance(
                decision: Decision(
                    ending: request.target == "/hang"
                        ? .hang(beforeRequest: false) : .answer(.json),
                    delay: 60_000_000_000), pace: .real)
        }
        let server = try MockUpstreamServer(
            .init(mode: isDriven ? .driven : .threaded), source: source)
        let clients = try ["/hang", "/slow"].map { path in
            let client = try RawClient(port: server.port)
            client.send("GET \(path) HTTP/1.1\r\nHost: a\r\n\r\n")
            return client
        }
        #expect(
            eventually {
                if isDriven { server.turn() }
                return server.requestCount == 2
            })
        server.stop()
        #expect(source.remembered.ends.map(\.cause) == [.serverStopped, .serverStopped])
        for client in clients { #expect(client.readToEnd() == "") }
    }

    @Test(
        "An address that cannot be had is an error",
        arguments: [
            ("localhost", .addressInvalid), ("192.0.2.1", .addressNotHere), ("", .addressInvalid),
        ] as [(String, MockUpstreamError.Code)])
    func badAddress(address: String, code: MockUpstreamError.Code) {
        #expect { try Self.server(.init(address: address)) } throws: { error in
            (error as? MockUpstreamError)?.code == code
        }
    }

    @Test("It listens on IPv6, too")
    func sixth() throws {
        let server = try Self.server(.init(address: "::1", tls: Certificates.shared.made.tls()))
        defer { server.stop() }
        let outcome = try CurlProgram.run([
            "--cacert", Certificates.shared.files.authority, "https://[::1]:\(server.port)/",
        ])
        #expect(outcome.output == Answer.jsonText)
    }

    @Test("Certificates that cannot be used are an error that says what to give")
    func badCertificates() throws {
        let made = Certificates.shared.made
        let wrongs: [MockUpstreamServer.TLS] = [
            .init(identity: .init(chain: made.server.chain, key: made.client.key)),
            .init(identity: .init(chain: "no certificate", key: made.server.key)),
            .init(identity: .init(chain: made.server.chain, key: "no key")),
            .init(identity: made.server, clientAuthority: "no certificate"),
        ]
        for wrong in wrongs {
            #expect { try Self.server(.init(tls: wrong)) } throws: { error in
                let error = error as? MockUpstreamError
                return error?.code == .certificateInvalid && error?.message.contains("PEM") == true
            }
        }
    }

    @Test("Certificates are written for this user only, and not where they cannot be")
    func certificateFiles() throws {
        let files = Certificates.shared.files
        for path in [files.authority, files.clientKey, files.rogueKey] {
            let attributes = try FileManager.default.attributesOfItem(atPath: path)
            #expect(attributes[.posixPermissions] as? Int == 0o600)
        }
        #expect {
            try Certificates.shared.made.write(into: "/there/is/no/such/folder")
        } throws: { error in
            (error as? MockUpstreamError)?.code == .fileNotWritten
        }
    }

    @Test("Nothing is left open after servers, faults and clients of every kind")
    func noDescriptorIsLeft() async {
        // In a process of its own: other tests open and close descriptors meanwhile.
        await #expect(processExitsWith: .success) {
            /// The descriptors that a server could leave open. Those that Foundation keeps for
            /// processes are left out, because they vary.
            func descriptors() throws -> [String] {
                try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").compactMap {
                    // One that was closed meanwhile leads nowhere.
                    let path = "/proc/self/fd/\($0)"
                    return try? FileManager.default.destinationOfSymbolicLink(atPath: path)
                }.filter { $0.hasPrefix("socket:") || $0.hasPrefix("anon_inode:") }.sorted()
            }
            func exercise(_ tls: MockUpstreamServer.TLS?) throws {
                for kind in FaultKindTests.kinds {
                    let server = try MockUpstreamServer(
                        .init(tls: tls), source: FixedSource(kind.ending))
                    let port = try server.port(for: kind.ending)
                    let url = "\(tls == nil ? "http" : "https")://127.0.0.1:\(port)/"
                    _ = try CurlProgram.run(["--insecure", url], secondsMax: "0.1")
                    if kind.exitCode != 7 {
                        let client = try RawClient(port: port)
                        client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                    }
                    server.stop()
                }
            }
            let tls = try TestCertificates().tls()
            try exercise(nil)
            try exercise(tls)
            // Twenty-eight servers follow: what one of them left would be there as often. Foundation's
            // own for its children may go only now.
            let before = try descriptors()
            try exercise(nil)
            try exercise(tls)
            let isAsBefore = try eventually { try descriptors().count <= before.count }
            let after = try descriptors()
            precondition(isAsBefore, "\(before) became \(after)")
        }
    }
}
