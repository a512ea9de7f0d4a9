import Foundation
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A temporary folder of one test, removed after it.
final class Folder {
    let path: String

    init() throws {
        let template = FileManager.default.temporaryDirectory.appending(
            path: "windtunnel-tests-XXXXXX")
        var name = Array(template.path(percentEncoded: false).utf8CString)
        let made = unsafe name.withUnsafeMutableBufferPointer { name in
            guard let start = name.baseAddress else { return false }
            return unsafe mkdtemp(start) != nil
        }
        try #require(made)
        path = String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// A folder that contains scenarios with the given file names.
    convenience init(_ scenarios: KeyValuePairs<String, String>) throws {
        try self.init()
        for (name, text) in scenarios { try write(name, text) }
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// The whole path of a file in it.
    func path(_ name: String) -> String { "\(path)/\(name)" }

    func write(_ name: String, _ text: String) throws { try write(name, Array(text.utf8)) }

    func write(_ name: String, _ bytes: [UInt8]) throws {
        let url = URL(fileURLWithPath: path(name))
        try FileManager.default.createDirectory(
            at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(bytes).write(to: url)
    }

    func makeFolder(_ name: String) throws {
        try FileManager.default.createDirectory(
            atPath: path(name), withIntermediateDirectories: true)
    }

    /// Creates a symbolic link to a target inside or outside of the folder.
    func link(_ name: String, to target: String) throws {
        try makeFolder((name as NSString).deletingLastPathComponent)
        try FileManager.default.createSymbolicLink(
            atPath: path(name), withDestinationPath: target)
    }

    func makePipe(_ name: String) throws { try #require(unsafe mkfifo(path(name), 0o600) == 0) }

    /// Creates a sparse file of zeros.
    func makeLarge(_ name: String, bytes: Int) throws {
        try write(name, "")
        try #require(unsafe truncate(path(name), bytes) == 0)
    }

    func has(_ name: String) -> Bool { Files.exists(path(name)) }

    func bytes(of name: String) throws -> [UInt8] { try Files.bytes(path(name)) }

    /// The size in bytes; 0 if there is no such file.
    func size(of name: String) -> Int { Files.size(path(name)) }

    /// Every file in it and below, as paths from here, sorted.
    var files: [String] {
        let names = FileManager.default.enumerator(atPath: path)?.allObjects as? [String] ?? []
        return names.sorted().filter { !Files.isFolder(path($0)) }
    }

    /// A JSON file.
    func document(_ name: String) throws -> [String: Any] {
        let value = try JSONSerialization.jsonObject(with: Data(bytes(of: name)))
        return try #require(value as? [String: Any])
    }

    /// `windtunnel` with arguments, called in this folder.
    func windtunnel(_ arguments: String...) -> Windtunnel { Windtunnel(arguments, in: self) }

    /// The lines of a trace, unpacked: its header, the events, its footer.
    func lines(ofTrace name: String) throws -> [String] {
        let text = try Windtunnel(program: "gzip", ["-dc", path(name)], in: self).run().output
        return text.split(separator: "\n").map(String.init)
    }
}
