import Foundation
import ScenarioFile
import Testing

/// The test inputs in `Inputs/`.
enum Inputs {
    static let folder = Bundle.module.resourceURL?.appendingPathComponent("Inputs").path ?? ""

    /// Names without `.yaml`, sorted.
    static func names(in subfolder: String = "") -> [String] {
        let files =
            (try? FileManager.default.contentsOfDirectory(atPath: folder + "/" + subfolder)) ?? []
        return files.filter { $0.hasSuffix(".yaml") }.map { String($0.dropLast(5)) }.sorted()
    }

    static func bytes(_ name: String) throws -> [UInt8] {
        Array(try Data(contentsOf: URL(fileURLWithPath: folder + "/" + name)))
    }
}

/// The diagnostics of `text`, one line each; empty if it is valid.
func diagnostics(
    of text: String, settings: [String] = [], client: String? = nil, duration: String? = nil
) -> [String] {
    diagnostics(of: Array(text.utf8), settings: settings, client: client, duration: duration)
}

func diagnostics(
    of bytes: [UInt8], file: String = "a.yaml", settings: [String] = [], client: String? = nil,
    duration: String? = nil
) -> [String] {
    do throws(ScenarioError) {
        _ = try Scenario.decode(
            bytes, file: file, settings: settings,
            client: client.map { (Array($0.utf8), "client.yaml") }, duration: duration)
        return []
    } catch {
        return error.diagnostics.map(\.description)
    }
}

func decode(
    _ text: String, settings: [String] = [], client: String? = nil, duration: String? = nil
) throws -> Scenario {
    try Scenario.decode(
        Array(text.utf8), file: "scenarios/a.yaml", settings: settings,
        client: client.map { (Array($0.utf8), "client.yaml") }, duration: duration)
}

/// The smallest valid scenario, followed by `more`.
func minimal(_ more: String = "") -> String {
    "format: 1\nduration: 1m\nload:\n  - { rate: 1/s, path: /a }\n" + more
}
