import Foundation

/// The program under test.
enum Binary {
    /// The one of this build, which lies in the folder of the test bundle; or the one that
    /// `WINDTUNNEL_BINARY` names.
    static let path: String = {
        if let named = ProcessInfo.processInfo.environment["WINDTUNNEL_BINARY"] { return named }
        // On Linux the test bundle is the process; on macOS it is an argument of one.
        let bundle =
            CommandLine.arguments.first { $0.contains(".xctest") } ?? CommandLine.arguments[0]
        var folder = URL(filePath: bundle).standardizedFileURL
        while folder.pathComponents.count > 1 {
            folder.deleteLastPathComponent()
            let program = folder.appending(path: "windtunnel").path(percentEncoded: false)
            if FileManager.default.isExecutableFile(atPath: program), !Files.isFolder(program) {
                return program
            }
        }
        return "(no windtunnel above \(bundle); build it, or set WINDTUNNEL_BINARY)"
    }()

    /// The API key of every flight, which must not show anywhere.
    static let secret: String = {
        let source = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../../Sources/Flight/FlightRun.swift")
        let text = (try? String(contentsOf: source, encoding: .utf8)) ?? ""
        let parts = text.split(separator: "static let canary = \"", maxSplits: 1)
        return parts.count == 2 ? String(parts[1].prefix { $0 != "\"" }) : ""
    }()
}
