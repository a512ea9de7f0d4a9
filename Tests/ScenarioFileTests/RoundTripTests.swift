import ScenarioFile
import Testing

@Suite(.timeLimit(.minutes(5))) struct RoundTripTests {
    @Test(
        "The canonical form of a random scenario reads as the same scenario",
        arguments: 0..<300 as Range<UInt64>)
    func random(seed: UInt64) throws {
        var generator = ScenarioGenerator(seed: seed)
        let scenario = generator.scenario()
        let json = scenario.canonicalJSON()
        #expect(!json.utf8.contains(UInt8(ascii: "\n")))
        let read = try Scenario.decode(Array(json.utf8), file: "trace.jsonl")
        #expect(read == scenario)
        #expect(read.canonicalJSON() == json)
    }

    @Test(
        "The canonical form of a file reads as the same scenario",
        arguments: Inputs.names(in: "valid"))
    func file(name: String) throws {
        let scenario = try Scenario.decode(try Inputs.bytes("valid/\(name).yaml"), file: name)
        let read = try Scenario.decode(Array(scenario.canonicalJSON().utf8), file: "x")
        #expect(read == scenario)
    }

    @Test("The least scenario has every default written out") func defaults() throws {
        let json = try decode(minimal()).canonicalJSON()
        #expect(
            json == #"{"format":1,"name":"a","requirements":[],"description":"","seed":42,"#
                + #""duration":"1m","warmup":"0s","epoch":"2026-01-01T00:00:00Z","reference":"5s","#
                + #""clients":{"count":1,"cache":"own"},"#
                + #""client":{"request_timeout_ms":5000,"total_timeout_ms":30000,"max_retries":3,"#
                + #""rate_limit_retries":1,"retry_base_delay_ms":100,"retry_max_delay_ms":5000,"#
                + #""circuit_breaker_threshold":5,"circuit_breaker_timeout_s":30,"cache_ttl_seconds":300,"#
                + #""stale_if_error_s":3600,"cache_entries_max":10000,"rate_limit_per_minute":100,"#
                + #""retry_unsafe_methods":false,"enable_circuit_breaker":true,"enable_caching":true,"#
                + #""enable_retry":true,"jitter":"full"},"load":[{"name":"load1","rate":"1/s","#
                + #""arrivals":"constant","at":"0s","method":"GET","path":"/a","params":{},"headers":{},"#
                + #""use_cache":true}],"upstream":{"latency":"0s","routes":[],"faults":[]},"expect":[]}"#
        )
    }
}
