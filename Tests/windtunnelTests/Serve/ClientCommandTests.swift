import Foundation
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// `run --client-command`: start, run, judge, exit.
@Suite struct ClientCommandTests {
    @Test("The client's exit code is told and decides nothing", arguments: [0, 3])
    func exitCode(code: Int) throws {
        let folder = try Folder(["a.yaml": Scenarios.calm])
        let command = "curl -s {base_url}/7 && exit \(code)"
        let ending = try folder.windtunnel("run", "a.yaml", "--client-command", command).exits(0)
        #expect(ending.output.contains("  the client exited with \(code)\n"))
        #expect(ending.error.contains(#"{"ok":true}"#))
        let json = try folder.windtunnel("run", "a.yaml", "--json", "--client-command", command)
            .exits(0)
        #expect(try json.flights().first?["client_exit_code"] as? Int == code)
    }

    @Test("A client that is not there is told as the shell does")
    func missing() throws {
        let folder = try Folder(["a.yaml": Scenarios.calm])
        let ending = try folder.windtunnel(
            "run", "a.yaml", "--client-command", "./no-such-client {base_url}"
        ).exits(5)
        #expect(ending.output.contains("  the client exited with 127\n  no request arrived\n"))
    }

    @Test(
        "What makes no sense is a usage error",
        arguments: [
            (["a.yaml", "--client-command", "curl http://localhost"], "needs {base_url}"),
            (["a.yaml", "--client-command", "curl {base_url} {ca_file}"], "needs --tls"),
            (
                ["a.yaml", "b.yaml", "--client-command", "curl {base_url}"],
                "needs exactly one scenario"
            ),
            (
                ["a.yaml", "--seeds", "1..3", "--client-command", "curl {base_url}"],
                "without --seeds"
            ),
            (["a.yaml", "--tls"], "need --client-command"),
            (["a.yaml", "--tolerance", "1s"], "need --client-command"),
            (["a.yaml", "--tolerance", "1", "--client-command", "curl {base_url}"], "'1'"),
            (["a.yaml", "--mode", "serve"], "'serve'"),
        ])
    func usage(arguments: [String], reason: String) throws {
        let folder = try Folder(["a.yaml": Scenarios.calm, "b.yaml": Scenarios.calm])
        let ending = try Windtunnel(["run"] + arguments, in: folder).exits(64)
        #expect(ending.error.contains(reason))
        #expect(!folder.has("reports"))
    }

    /// Runs a client that waits for an answer that never comes, and sends signals.
    private func interrupt(_ client: String, _ signals: Int32...) throws -> (Ending, Folder) {
        let folder = try Folder(["a.yaml": Scenarios.silent])
        let command = "echo $$ >pid; \(client) # {base_url}"
        let ending = try folder.windtunnel("run", "a.yaml", "--client-command", command).run {
            child, _ in
            try child.waitUntil(within: 30, "a client") { folder.size(of: "pid") > 1 }
            for signal in signals {
                child.send(signal)
                usleep(100_000)
            }
        }
        return (ending, folder)
    }

    /// Whether the shell that ran the client, or anything that it started, is still there.
    private func isAlive(_ folder: Folder) throws -> Bool {
        let text = String(decoding: try folder.bytes(of: "pid"), as: UTF8.self)
        let id = try #require(pid_t(text.trimmingCharacters(in: .whitespacesAndNewlines)))
        // Killed grandchildren are reaped by another process, so this takes a moment.
        for _ in 0..<200 where kill(-id, 0) == 0 { usleep(10_000) }
        return kill(-id, 0) == 0
    }

    @Test(
        "Ctrl-C ends the client with all that it has started, and says 130",
        arguments: [SIGINT, SIGTERM])
    func interrupted(signal: Int32) throws {
        let (ending, folder) = try interrupt("sleep 600 & sleep 600", signal)
        #expect(ending.status.exitCode == 130)
        #expect(ending.output.contains("\ninterrupted; invariants checked"))
        #expect(try !isAlive(folder))
        try folder.windtunnel("trace", "verify", "reports/a/serve/42/trace.jsonl.gz").exits(0)
    }

    @Test("A second Ctrl-C does not wait for a client that will not go")
    func interruptedTwice() throws {
        let (ending, folder) = try interrupt("trap '' TERM; sleep 600 & sleep 600", SIGINT, SIGINT)
        #expect(ending.status.signal == SIGINT)
        #expect(try !isAlive(folder))
    }

    @Test("--duration ends a client that takes too long, and judges what came")
    func limited() throws {
        let folder = try Folder(["a.yaml": Scenarios.calm])
        let command = "curl -s {base_url}/7; sleep 600"
        let ending = try folder.windtunnel(
            "run", "a.yaml", "--duration", "2s", "--client-command", command
        ).exits(0)
        #expect(ending.output.contains("  the client exited with 143\n"))
        #expect(ending.output.contains("retry.amplification == 1: passed"))
    }

    /// The scenario in which nothing goes wrong, but for a fault of the first two seconds.
    private static func blocked(by fault: String) -> String {
        Scenarios.calm.replacing(
            "expect:", with: "upstream: { faults: [{ for: 2s, \(fault): true }] }\nexpect:")
    }

    /// A client that repeats its call until it is answered, and prints curl's exit code for the
    /// first call.
    private static let persistent = """
        curl -s $0 {base_url}/7; echo "first: $?"; until curl -s $0 {base_url}/7; do sleep 0.1; done
        """

    @Test("With --tls the client is given the authority; a bad certificate is met by everybody")
    func tls() throws {
        let folder = try Folder(["a.yaml": Scenarios.calm, "b.yaml": Self.blocked(by: "untrusted")])
        let client = "curl -s --cacert {ca_file} {base_url}/7"
        let right = try folder.windtunnel("run", "a.yaml", "--tls", "--client-command", client)
            .exits(0)
        #expect(right.error.contains(#"{"ok":true}"#))
        let persistent = Self.persistent.replacing("$0", with: "--cacert {ca_file}")
        let wrong = try folder.windtunnel("run", "b.yaml", "--tls", "--client-command", persistent)
            .exits(0)
        #expect(wrong.error.contains("first: 60\n") && wrong.error.contains(#"{"ok":true}"#))
        // What came before the listener opened was never a request.
        #expect(wrong.output.contains(#/requests +1 +1\n/#))
    }

    @Test("While nobody listens the client is refused, then served again")
    func refused() throws {
        let folder = try Folder(["a.yaml": Self.blocked(by: "refuse")])
        let client = Self.persistent.replacing("$0", with: "")
        let ending = try folder.windtunnel("run", "a.yaml", "--client-command", client).exits(0)
        #expect(ending.error.contains("first: 7\n") && ending.error.contains(#"{"ok":true}"#))
    }
}
