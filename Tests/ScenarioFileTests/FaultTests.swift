import KeyedChance
import ScenarioFile
import Testing
import Upstream

/// The kinds of faults without settings.
enum PlainEffects {
    static let all: [(name: String, effect: Fault.Effect)] = [
        ("hang", .hang(HangFault())), ("refuse", .refuse(RefuseFault())),
        ("reset", .reset(ResetFault())), ("reset_mid_body", .resetMidBody(ResetMidBodyFault())),
        ("truncate", .truncate(TruncateFault())), ("empty", .empty(EmptyFault())),
        ("garbage", .garbage(GarbageFault())), ("bad_chunk", .badChunk(BadChunkFault())),
        ("malformed_json", .malformedJSON(MalformedJSONFault())),
        ("wrong_schema", .wrongSchema(WrongSchemaFault())),
        ("headers_cut", .headersCut(HeadersCutFault())),
        ("duplicate_length", .duplicateLength(DuplicateLengthFault())),
        ("huge_headers", .hugeHeaders(HugeHeadersFault())),
        ("bad_gzip", .badGzip(BadGzipFault())), ("expired", .expired(ExpiredCertificateFault())),
        ("wrong_host", .wrongHost(WrongHostCertificateFault())),
        ("untrusted", .untrusted(UntrustedCertificateFault())),
        ("handshake_hang", .handshakeHang(HandshakeHangFault())),
    ]
    static let beforeRequest = ["refuse", "expired", "wrong_host", "untrusted", "handshake_hang"]
}

@Suite struct FaultTests {
    private func faults(_ items: String) throws -> [Fault] {
        try decode(minimal("upstream: { faults: [ \(items) ] }\n")).upstream.faults
    }

    private func found(_ item: String) -> [String] {
        diagnostics(of: minimal("upstream: { faults: [ \(item) ] }\n"))
    }

    @Test("Each kind without settings is written as its name", arguments: PlainEffects.all)
    func plain(name: String, effect: Fault.Effect) throws {
        #expect(effect.kind == name)
        #expect(try faults("{ \(name): true }") == [Fault(effect: effect)])
        #expect(
            try faults("{ at: 1s, for: 2s, every: 3s, \(name): true }") == [
                Fault(
                    schedule: Schedule(
                        start: 1_000_000_000, duration: 2_000_000_000, period: 3_000_000_000),
                    effect: effect)
            ])
        #expect(
            found("{ \(name): false }") == [
                "a.yaml:5:\(27 + name.count): '\(name)' must be true or left out"
            ])
    }

    @Test(
        "What happens before a request is known depends on nothing of it, and on no chance",
        arguments: PlainEffects.all.map(\.name))
    func beforeRequest(name: String) {
        let conditions = [
            ("method", "GET"), ("path", "/a"), ("client", "0"), ("probability", "5%"),
            ("sequence", "{ fail: 1 }"), ("burst", "{ enter: 1%, leave: 20%, slot: 1s }"),
        ]
        for (key, value) in conditions {
            let expected =
                PlainEffects.beforeRequest.contains(name)
                ? [
                    "a.yaml:5:25: '\(name)' happens before a request is known, "
                        + "so it cannot have '\(key)'"
                ] : []
            #expect(found("{ \(key): \(value), \(name): true }") == expected)
        }
    }

    @Test("A drip has a distribution") func drip() throws {
        #expect(
            try faults("{ drip: 5s }, { drip: { uniform: { from: 1s, to: 2s } } }").map(\.effect)
                == [
                    .drip(DripFault(distribution: .fixed(5_000_000_000))),
                    .drip(
                        DripFault(distribution: .uniform(from: 1_000_000_000, to: 2_000_000_000))),
                ])
        #expect(found("{ drip: true }").count == 1)
    }

    @Test(
        "A burst has two exact probabilities and a slot",
        arguments: [
            ("enter: 1%, leave: 20%, slot: 100ms", Ratio(1, of: 100), Ratio(1, of: 5), 100),
            ("enter: 0.01%, leave: 100%, slot: 1ms", Ratio(1, of: 10_000), .one, 1),
            ("enter: 100%, leave: 99.99%, slot: 1s", .one, Ratio(9_999, of: 10_000), 1_000),
            ("enter: 1/3, leave: 2/3, slot: 1s", Ratio(1, of: 3), Ratio(2, of: 3), 1_000),
        ] as [(String, Ratio, Ratio, Int64)])
    func burst(text: String, enter: Ratio, leave: Ratio, milliseconds: Int64) throws {
        let expected = Fault.Frequency.burst(
            enter: enter, leave: leave, slot: milliseconds * 1_000_000)
        #expect(try faults("{ burst: { \(text) }, hang: true }").map(\.frequency) == [expected])
    }

    @Test(
        "What bursts would take too long to tell is refused, each with its place",
        arguments: [
            ("enter: 0.009%, leave: 20%, slot: 1s", "5:41: 'enter' is below 0.01%"),
            ("enter: 20%, leave: 0.009%, slot: 1s", "5:53: 'leave' is below 0.01%"),
            ("enter: 0%, leave: 20%, slot: 1s", "5:41: 'enter' is 0; remove the key instead"),
            ("enter: 101%, leave: 20%, slot: 1s", "5:41: 'enter' is over 100%"),
            ("enter: 1%, leave: 20%, slot: 999us", "5:63: 'slot' is below 1ms"),
            (
                "enter: 99.991%, leave: 100%, slot: 1s",
                "5:32: 'enter' and 'leave' are both over 99.99%, so the burst would only alternate"
            ),
            ("leave: 20%, slot: 1s", "5:32: burst needs 'enter'"),
            ("enter: 1%, leave: 20%", "5:32: burst needs 'slot'"),
        ])
    func burstLimits(text: String, message: String) {
        #expect(found("{ burst: { \(text) }, hang: true }") == ["a.yaml:\(message)"])
    }

    @Test("Of the three ways to say how often a fault has one at the most") func frequencies() {
        let (probability, sequence, burst) = (
            "probability: 5%", "sequence: { fail: 1 }", "burst: { enter: 1%, leave: 2%, slot: 1s }"
        )
        #expect(
            found("{ \(probability), \(burst), hang: true }") == [
                "a.yaml:5:42: a fault has 'probability' or 'burst', not both"
            ])
        #expect(
            found("{ \(burst), \(sequence), hang: true }") == [
                "a.yaml:5:68: a fault has 'burst' or 'sequence', not both"
            ])
        #expect(
            found("{ \(probability), \(sequence), \(burst), hang: true }") == [
                "a.yaml:5:42: a fault has 'probability', 'sequence' or 'burst', not all"
            ])
    }

    @Test(
        "A misspelt kind is told from the one that was meant",
        arguments: [
            ("reset_mid_bdy", "reset_mid_body"), ("trunkate", "truncate"), ("bad_gip", "bad_gzip"),
            ("wrong_hosts", "wrong_host"), ("handshake_hangs", "handshake_hang"),
        ])
    func suggestion(written: String, meant: String) {
        let found = found("{ \(written): true }")
        #expect(found.count == 1)
        #expect(found.first?.hasSuffix("did you mean '\(meant)'?") == true)
    }
}
