import Foundation
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// `serve`: the upstream for clients that are started elsewhere.
@Suite struct ServeTests {
    private static let trace = "reports/a/serve/1/trace.jsonl.gz"

    /// Serves `a.yaml`, runs a client, and sends a signal.
    private func serve(
        _ scenario: String, _ flags: String..., signal: Int32 = SIGINT, in folder: Folder,
        _ visit: (_ url: String, _ curl: ([String]) throws -> String) throws -> Void
    ) throws -> Ending {
        try folder.write("a.yaml", scenario)
        let words = ["serve", "a.yaml", "--seed", "1"] + flags
        let output = folder.path("said")
        let ending = try Windtunnel(words, in: folder).output(to: .file(output)).run { child, _ in
            try child.waitUntil(within: 30, "an address") {
                try String(decoding: folder.bytes(of: "said"), as: UTF8.self).contains("\n")
            }
            let said = try String(decoding: folder.bytes(of: "said"), as: UTF8.self)
            let url = try #require(said.firstMatch(of: /at (https?:[^;]+);/)?.output.1)
            try visit(String(url)) { arguments in
                try Windtunnel(program: "curl", ["-sS"] + arguments, in: folder).exits(0).output
            }
            child.send(signal)
        }
        return Ending(
            status: ending.status,
            output: try String(decoding: folder.bytes(of: "said"), as: UTF8.self),
            error: ending.error)
    }

    @Test(
        "Ctrl-C, a polite kill and a closed terminal judge what came and leave a whole trace",
        arguments: [SIGINT, SIGTERM, SIGHUP])
    func judged(signal: Int32) throws {
        let folder = try Folder()
        var address = ""
        let ending = try serve(Scenarios.calm, signal: signal, in: folder) { url, curl in
            address = url
            let answers = try curl([url + "/7", url + "/8"])
            #expect(answers == #"{"ok":true}{"ok":true}"#)
        }
        #expect(ending.status.exitCode == 0)
        #expect(
            ending.output.contains("a.yaml:6: retry.amplification == 1: passed, observed 1.000"))
        #expect(ending.output.contains("\npassed; invariants checked 2 times"))
        #expect(ending.error.contains("GET /7  request 0: 200 after 0.0 ms\n"))
        let verified = try folder.windtunnel("trace", "verify", Self.trace).exits(0)
        #expect(verified.output.contains(": whole, 8 events"))
        let story = try folder.windtunnel("trace", "show", Self.trace, "--request", "1").exits(0)
        #expect(story.output.contains("request 1, seed 1, serve\n"))
        #expect(story.output.contains("ends: ok"))
        let summary = try folder.document("reports/a/serve/1/summary.json")["scenario"]
        #expect((summary as? [String: Any])?["mode"] as? String == "serve")
        // The listener is closed.
        try Windtunnel(program: "curl", ["-s", address], in: folder).exits(7)
    }

    @Test("A client that comes back too early fails the run, and its request is named")
    func early() throws {
        let folder = try Folder()
        let ending = try serve(Scenarios.turnedAway, in: folder) { url, curl in
            _ = try curl([url + "/v1/users/7", url + "/v1/users/7"])
        }
        #expect(ending.status.exitCode == 4)
        #expect(ending.output.contains("retry_after.honoured == 100%: failed, observed 0 %"))
        #expect(ending.output.contains("violated: no wait shorter than Retry-After: 1 of 1 times"))
        #expect(
            ending.output.contains("success_rate >= 99%: cannot be judged from the upstream's side")
        )
        #expect(ending.error.contains("request 0, attempt 2 by method, path and body: 200"))
    }

    @Test("Who asks the server itself is told what came, and is no client")
    func controlled() throws {
        let folder = try Folder()
        let ending = try serve(Scenarios.failsTwice, in: folder) { url, curl in
            _ = try curl([url + "/v1/prices?x=1"])
            let line = try curl([url + "/.windtunnel/attempts"])
            #expect(line.hasPrefix(#"{"t":"#))
            #expect(line.hasSuffix(#","r":0,"a":1,"m":"GET","p":"/v1/prices","s":503}"# + "\n"))
            let health = try curl([url + "/.windtunnel/health"])
            #expect(health.contains(#""status":"ok""#))
        }
        #expect(ending.output.contains(#/attempts +1 +1\n/#))
    }

    @Test("Without a request nothing is judged, and --duration ends it")
    func nobody() throws {
        let folder = try Folder(["a.yaml": Scenarios.calm])
        let ending = try folder.windtunnel("serve", "a.yaml", "--duration", "200ms").exits(5)
        #expect(ending.output.contains("no request arrived"))
        #expect(ending.error.isEmpty)
    }

    @Test("--json prints one document, the address goes to standard error")
    func document() throws {
        let folder = try Folder(["a.yaml": Scenarios.calm])
        let ending = try folder.windtunnel("serve", "a.yaml", "--duration", "100ms", "--json")
            .exits(5)
        let flight = try #require(ending.flights().first)
        #expect(flight["mode"] as? String == "serve")
        #expect(flight["verdict"] as? String == "inconclusive")
        #expect(ending.error.hasPrefix("serving a.yaml at http://127.0.0.1:"))
    }

    @Test("A port in use is exit 3 and a sentence that says what to do; the other goes on")
    func portInUse() throws {
        let folder = try Folder()
        let ending = try serve(Scenarios.calm, "--quiet", in: folder) { url, curl in
            let port = try #require(url.split(separator: ":").last.map(String.init))
            let second = try folder.windtunnel("serve", "a.yaml", "--port", port).exits(3)
            #expect(
                second.error
                    == "error: 127.0.0.1:\(port) is already in use; choose another "
                    + "port, or 0.\n")
            let answer = try curl([url + "/7"])
            #expect(answer == #"{"ok":true}"#)
        }
        #expect(ending.status.exitCode == 0)
        #expect(ending.error.isEmpty)
        // The second has not touched the first one's trace.
        try folder.windtunnel("trace", "verify", Self.trace).exits(0)
    }

    @Test("What cannot be served is said before anybody listens")
    func badInput() throws {
        let folder = try Folder([
            "bad.yaml": "format: 1\n", "in/a.yaml": Scenarios.calm, "in/b.yaml": Scenarios.calm,
            "tls.yaml": Scenarios.calm + "upstream: { faults: [{ expired: true }] }\n",
        ])
        let missing = try folder.windtunnel("serve", "none.yaml").exits(3)
        #expect(missing.error == "error: none.yaml: no such file or folder\n")
        try folder.windtunnel("serve", "bad.yaml").exits(2)
        let folderEnding = try folder.windtunnel("serve", "in").exits(2)
        #expect(folderEnding.error.contains("one scenario is served at a time"))
        let tls = try folder.windtunnel("serve", "tls.yaml").exits(2)
        #expect(tls.error == "error: tls.yaml: its fault 'expired' needs TLS; add --tls\n")
        let address = try folder.windtunnel("serve", "in/a.yaml", "--address", "here").exits(3)
        #expect(address.error.hasPrefix("error: "))
    }

    @Test(
        "Credentials, queries and bodies stand in no output", arguments: ["--json", "--no-color"])
    func secrets(flag: String) throws {
        let folder = try Folder(["a.yaml": Scenarios.failsTwice])
        let curl =
            "curl -s -H 'Authorization: Bearer s3cr3t-a' -H 'Cookie: s=s3cr3t-b' -H 'X-API-Key: s3cr3t-c' "
            + "-d s3cr3t-d {base_url}/v1/prices/s3cr3t-a?key=s3cr3t-e -o answer"
        let ending = try folder.windtunnel("run", "a.yaml", flag, "--client-command", curl).run()
        #expect(!(ending.output + ending.error).contains("s3cr3t"))
        let lines = try folder.lines(ofTrace: "reports/a/serve/42/trace.jsonl.gz")
        #expect(!lines.joined().contains("s3cr3t"))
        #expect(lines.contains { $0.contains(#""p":"/v1/prices/***""#) })
        let summary = try folder.bytes(of: "reports/a/serve/42/summary.json")
        #expect(!String(decoding: summary, as: UTF8.self).contains("s3cr3t"))
    }

    @Test("A trace of it is not flown again")
    func replayed() throws {
        let folder = try Folder(["a.yaml": Scenarios.calm])
        try folder.windtunnel("serve", "a.yaml", "--duration", "50ms", "--seed", "1").exits(5)
        let ending = try folder.windtunnel("replay", Self.trace).exits(3)
        #expect(
            ending.error == "error: \(Self.trace): what another client did in real time cannot be "
                + "flown again; to fly its scenario with this client, run the scenario's file\n")
    }
}
