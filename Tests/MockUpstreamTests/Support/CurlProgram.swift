import Foundation

/// The `curl` program: a client that nobody here wrote.
enum CurlProgram {
    struct Outcome {
        let exitCode: Int32
        let output: String
    }

    /// Runs it with these arguments. `-q` keeps the user's own settings out, `--noproxy` the machine's.
    static func run(_ arguments: [String], secondsMax: String = "20") throws -> Outcome {
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments =
            ["curl", "-q", "--silent", "--noproxy", "*", "--max-time", secondsMax] + arguments
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        process.standardInput = FileHandle.nullDevice
        try process.run()
        let bytes = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return Outcome(
            exitCode: process.terminationStatus, output: String(decoding: bytes, as: UTF8.self))
    }
}
