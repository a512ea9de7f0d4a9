import Foundation
import Glibc
import Testing

@testable import Trace

/// A temporary folder that is removed after the test.
final class Folder {
    let path: String

    init() throws {
        var name = Array("/tmp/trace-tests-XXXXXX".utf8CString)
        let made = unsafe name.withUnsafeMutableBufferPointer { name in
            guard let start = name.baseAddress, unsafe mkdtemp(start) != nil else { return false }
            return true
        }
        try #require(made)
        path = String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func file(_ name: String) -> String { "\(path)/\(name)" }

    /// Writes a file and returns its path.
    func file(_ name: String, _ bytes: [UInt8]) throws -> String {
        try Data(bytes).write(to: URL(fileURLWithPath: file(name)))
        return file(name)
    }

    func file(_ name: String, _ text: String) throws -> String { try file(name, Array(text.utf8)) }
}

func bytes(of path: String) throws -> [UInt8] {
    Array(try Data(contentsOf: URL(fileURLWithPath: path)))
}

/// Runs a program and returns its exit status and output.
func run(_ program: String, _ arguments: String...) throws -> (status: Int32, output: String) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [program] + arguments
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = FileHandle.nullDevice
    try process.run()
    let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: output, as: UTF8.self))
}

extension LineBuffer {
    /// The four lines of a request that succeeds.
    mutating func addRequest(_ number: Int) {
        let start = Int64(number) * 1_234_567
        let name: StaticString = "GET"
        begin(start)
        field("e", "request" as StaticString)
        field("r", number)
        field("m", name)
        field("p", "/v1/users/\(number % 500)")
        end()
        begin(start)
        field("e", "attempt" as StaticString)
        field("r", number)
        field("a", 1)
        field("s", 200)
        end()
        begin(start + 1_000)
        field("e", "answer" as StaticString)
        field("r", number)
        field("s", 200)
        end()
        begin(start + 1_000)
        field("e", "end" as StaticString)
        field("r", number)
        field("o", "ok")
        end()
    }
}

let sampleHeader = TraceHeader(
    version: "1.0", seed: .max, mode: "simulated", scenario: #"{"name":"A test"}"#)

/// Writes a trace of some requests.
@discardableResult
func writeTrace(_ path: String?, requests: Int, header: TraceHeader = sampleHeader) throws -> (
    digest: String, lines: UInt64, bytesUncompressed: UInt64, bytesCompressed: UInt64
) {
    let writer = try TraceWriter(path: path, header: header.json)
    var lines = LineBuffer()
    for number in 0..<requests {
        lines.addRequest(number)
        if lines.isFull { writer.write(&lines) }
    }
    writer.write(&lines)
    return try writer.finish { digest, lines in
        TraceFooter(lines: lines, digest: digest, counts: [("requests", Int64(requests))]).json
    }
}

/// All lines of a trace that can be read, and the error that follows them.
func readAll(_ path: String) -> (lines: [String], error: TraceError?) {
    var lines: [String] = []
    do throws(TraceError) {
        var reader = try TraceReader(path: path)
        while let line = try reader.next() { lines.append(String(decoding: line, as: UTF8.self)) }
        return (lines, nil)
    } catch {
        return (lines, error)
    }
}
