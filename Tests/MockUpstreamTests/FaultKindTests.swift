import MockUpstream
import Testing
import Upstream

/// What the `curl` program makes of each kind of ending.
@Suite struct FaultKindTests {
    struct Kind: CustomTestStringConvertible, Sendable {
        let ending: Decision.Ending
        let exitCode: Int32

        init(_ breakage: Breakage, _ exitCode: Int32) {
            (ending, self.exitCode) = (.broken(breakage, .json), exitCode)
        }

        init(_ ending: Decision.Ending, _ exitCode: Int32) {
            (self.ending, self.exitCode) = (ending, exitCode)
        }

        var testDescription: String {
            switch ending {
            case .answer: "answer"
            case .broken(let breakage, _): breakage.rawValue
            case .hang(let beforeRequest): beforeRequest ? "handshake_hang" : "hang"
            }
        }
    }

    static let kinds = [
        Kind(.answer(.json), 0), Kind(.refused, 7), Kind(.hang(beforeRequest: false), 28),
        Kind(.empty, 52), Kind(.reset, 56), Kind(.resetMidBody, 56), Kind(.truncated, 18),
        Kind(.garbage, 1), Kind(.badChunk, 56), Kind(.badGzip, 61), Kind(.hugeHeaders, 27),
        Kind(.headersCut, 0), Kind(.duplicateLength, 0), Kind(.hang(beforeRequest: true), 28),
    ]

    static let kindsInTLS =
        kinds + [Kind(.expired, 60), Kind(.wrongHost, 60), Kind(.untrusted, 60)]

    @Test("The curl program ends as the kind says inside TLS, too", arguments: kindsInTLS)
    func secured(_ kind: Kind) throws {
        let server = try MockUpstreamServer(
            .init(tls: Certificates.shared.made.tls()), source: FixedSource(kind.ending))
        defer { server.stop() }
        let port = try server.port(for: kind.ending)
        let outcome = try CurlProgram.run(
            [
                "--compressed", "--cacert", Certificates.shared.files.authority,
                "https://127.0.0.1:\(port)/",
            ], secondsMax: kind.exitCode == 28 ? "0.3" : "20")
        #expect(outcome.exitCode == kind.exitCode)
        #expect((outcome.output == Answer.jsonText) == (kind.exitCode == 0 && kind.hasBody))
    }

    @Test("The curl program ends as the kind says", arguments: kinds)
    func plain(_ kind: Kind) throws {
        let server = try MockUpstreamServer(.init(), source: FixedSource(kind.ending))
        defer { server.stop() }
        let port = try server.port(for: kind.ending)
        let outcome = try CurlProgram.run(
            ["--compressed", "http://127.0.0.1:\(port)/"],
            secondsMax: kind.exitCode == 28 ? "0.3" : "20")
        #expect(outcome.exitCode == kind.exitCode)
        #expect((outcome.output == Answer.jsonText) == (kind.exitCode == 0 && kind.hasBody))
    }
}

extension FaultKindTests.Kind {
    /// Whether the body comes whole.
    fileprivate var hasBody: Bool {
        if case .broken(.headersCut, _) = ending { false } else { true }
    }
}
