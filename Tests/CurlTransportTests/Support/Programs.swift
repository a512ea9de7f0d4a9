import Foundation
import Synchronization
import Testing

/// A program that nobody here wrote, run as a server for as long as this object lives.
final class Program {
    private let process = Process()
    private let output = Pipe()

    /// - Throws: where it cannot be started.
    init(_ words: [String], in folder: String? = nil, environment: [String: String] = [:]) throws {
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = words
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        if let folder { process.currentDirectoryURL = URL(filePath: folder) }
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        process.standardInput = FileHandle.nullDevice
        try process.run()
    }

    deinit {
        if process.isRunning { process.terminate() }
        process.waitUntilExit()
    }

    var id: Int32 { process.processIdentifier }

    /// The number behind `label` in a line of what it prints, such as the port that it listens on.
    func number(after label: String) throws -> UInt16 {
        var text = ""
        while true {
            let more = output.fileHandleForReading.availableData
            try #require(!more.isEmpty, "it ended without a line with '\(label)': \(text)")
            text += String(decoding: more, as: UTF8.self)
            for line in text.split(separator: "\n").dropLast(text.hasSuffix("\n") ? 0 : 1) {
                guard let range = line.range(of: label) else { continue }
                let digits = line[range.upperBound...].prefix(while: \.isNumber)
                return try #require(UInt16(digits), "no number behind '\(label)': \(line)")
            }
        }
    }

    /// Runs one to its end.
    /// - Throws: where it fails.
    static func run(_ words: [String], in folder: String) throws {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = words
        process.currentDirectoryURL = URL(filePath: folder)
        process.standardOutput = FileHandle.nullDevice
        process.standardInput = FileHandle.nullDevice
        let errors = Pipe()
        process.standardError = errors
        try process.run()
        let text = String(
            decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        try #require(process.terminationStatus == 0, "\(words.joined(separator: " ")): \(text)")
    }
}
