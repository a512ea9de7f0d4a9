import Testing

/// `run --mode`: the same flight in memory, over sockets, and in real time.
@Suite struct ModeTests {
    static let short = """
        format: 1
        name: Short
        duration: 1s
        client: { rate_limit_per_minute: 0 }
        load: [ { rate: 20/s, path: "/v1/users/{1..50}", use_cache: false } ]
        upstream: { latency: 5ms, faults: [ { probability: 20%, reset: true } ] }
        expect: [ requests == 20 ]
        """

    private func folder() throws -> Folder { try Folder(["short.yaml": Self.short]) }

    @Test("A wire flight has the digest of the simulated one, a folder of its own, and is replayed")
    func wire() throws {
        let folder = try folder()
        let simulated = try folder.windtunnel("run", "short.yaml", "--json").exits(0)
        let wire = try folder.windtunnel("run", "short.yaml", "--mode", "wire", "--json").exits(0)
        #expect(try wire.digests() == simulated.digests())
        let trace = "reports/short/wire/42/trace.jsonl.gz"
        let again = try folder.windtunnel("replay", trace).exits(0)
        #expect(again.output.hasPrefix("the same flight: "))
    }

    @Test("A live flight says how late answers came, and is not replayed")
    func live() throws {
        let folder = try folder()
        let ending = try folder.windtunnel("run", "short.yaml", "--mode", "live").exits(0)
        #expect(
            ending.output.contains(#/[0-9]+ answers came later than decided by [0-9.]+ ms \(p50\)/#)
        )
        let trace = "reports/short/live/42/trace.jsonl.gz"
        try folder.windtunnel("trace", "verify", trace).exits(0)
        let refusal = try folder.windtunnel("replay", trace).exits(3)
        #expect(refusal.error.contains("a flight in real time never repeats exactly"))
    }

    @Test("Nobody checks whether real time is deterministic")
    func liveDeterminism() throws {
        let folder = try folder()
        let refusal = try folder.windtunnel(
            "run", "short.yaml", "--mode", "live", "--check-determinism"
        ).exits(64)
        #expect(refusal.error.contains("a live flight never repeats exactly"))
    }
}
