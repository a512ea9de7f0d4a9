import Foundation
import ScenarioFile
import Testing

@Suite struct InvalidInputTests {
    /// If set, the current messages of the decoder are written there, for a review of the
    /// difference.
    static let recordsTo = ProcessInfo.processInfo.environment["WINDTUNNEL_RECORD_INPUTS"]

    @Test(
        "Each invalid file is answered with exactly the diagnostics beside it",
        .timeLimit(.minutes(5)), arguments: Inputs.names())
    func snapshot(name: String) throws {
        let found = diagnostics(of: try Inputs.bytes("\(name).yaml"), file: "\(name).yaml")
        let text = found.map { $0 + "\n" }.joined()
        if let folder = Self.recordsTo {
            try Data(text.utf8).write(to: URL(fileURLWithPath: "\(folder)/\(name).expected"))
        }
        let expected = String(decoding: try Inputs.bytes("\(name).expected"), as: UTF8.self)
        #expect(text == expected)
        #expect(!found.isEmpty)
    }

    @Test("There are invalid files to look at") func inputsAreThere() {
        #expect(Inputs.names().count > 40)
        #expect(Inputs.names(in: "valid").count >= 3)
    }

    @Test("Diagnostics stand in the order of their places") func sorted() throws {
        let found = diagnostics(of: minimal("seed: x\nwarmup: y\nname: 5\n"))
        #expect(found.map { $0.prefix(9) } == ["a.yaml:5:", "a.yaml:6:", "a.yaml:7:"])
    }

    @Test("A file with thousands of errors shows fifty and counts the rest")
    func manyErrors() {
        let keys = (0..<5_000).map { "key\($0): 1\n" }.joined()
        let found = diagnostics(of: minimal(keys))
        #expect(found.count == 51)
        #expect(found.last?.contains("and 4950 more errors") == true)
    }

    @Test("Over 1 MiB is refused before it is read") func tooLarge() {
        let bytes = [UInt8](repeating: UInt8(ascii: "#"), count: 1 << 20 + 1)
        #expect(
            diagnostics(of: bytes) == [
                "a.yaml:1:1: the scenario has \(bytes.count) bytes; a scenario is at most 1 MiB"
            ])
    }

    @Test("Text from a file is shown on one line, short and in quotes") func quotedText() {
        let found = diagnostics(
            of: minimal("\"\(String(repeating: "k", count: 100))\": 1\n\"a\\nb\": 2\n"))
        #expect(found.count == 2)
        #expect(found[0].contains("'\(String(repeating: "k", count: 60))...'"))
        #expect(found[1].contains("'a\\u{a}b'"))
    }

    @Test(
        "What was probably meant is suggested, what is far off is not",
        arguments: [
            ("latancy", "latency"), ("ltaency", "latency"), ("lat", nil), ("rotues", "routes"),
            ("fault", "faults"), ("xyz", nil), ("LATENCY", "latency"),
        ] as [(String, String?)])
    func suggestion(written: String, meant: String?) throws {
        let found = diagnostics(of: minimal("upstream: { \(written): 1 }\n"))
        #expect(found.count == 1)
        #expect(
            found[0].hasSuffix(
                meant.map { "did you mean '\($0)'?" }
                    ?? "latency, capacity, quota, routes, faults"))
    }
}
