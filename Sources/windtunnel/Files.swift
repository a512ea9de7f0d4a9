import ArgumentParser
import Foundation

/// Why a file cannot be used, in a sentence.
struct FileProblem: Error, CustomStringConvertible {
    let description: String
}

/// Reads and finds files, with errors that name them.
enum Files {
    /// Larger files are not read at all; the decoder would refuse them anyway.
    private static let bytesMax = 4 * 1_048_576

    /// - Throws: ``FileProblem``.
    static func read(_ path: String) throws -> [UInt8] {
        guard let handle = FileHandle(forReadingAtPath: path) else {
            throw FileProblem(description: "\(path): \(reason(path))")
        }
        defer { try? handle.close() }
        do {
            return Array(try handle.read(upToCount: bytesMax) ?? Data())
        } catch {
            throw FileProblem(description: "\(path): \(error.localizedDescription)")
        }
    }

    /// The scenario files that a path names: itself, or the `.yaml` files of a folder, sorted. Folders
    /// in it are not searched.
    /// - Throws: ``FileProblem``; ``NoScenarios``.
    static func scenarios(_ path: String) throws -> [String] {
        var isFolder: ObjCBool = false
        guard unsafe FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
            throw FileProblem(description: "\(path): \(reason(path))")
        }
        guard isFolder.boolValue else { return [path] }
        let names: [String]
        do {
            names = try FileManager.default.contentsOfDirectory(atPath: path)
        } catch {
            throw FileProblem(description: "\(path): \(reason(path))")
        }
        let files = names.filter { $0.hasSuffix(".yaml") || $0.hasSuffix(".yml") }
            .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        guard !files.isEmpty else {
            throw NoScenarios(description: "\(path): no scenarios (*.yaml) in this folder")
        }
        let folder = path.hasSuffix("/") ? String(path.dropLast()) : path
        return files.map { folder + "/" + $0 }
    }

    struct NoScenarios: Error, CustomStringConvertible { let description: String }

    /// - Throws: ``FileProblem``.
    static func makeFolder(_ path: String) throws {
        do {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true)
        } catch {
            throw FileProblem(
                description: "\(path): the folder cannot be made: \(posixReason(error)); name another "
                    + "one with --out")
        }
    }

    /// - Throws: ``FileProblem``.
    static func write(_ text: String, to path: String) throws {
        do {
            try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        } catch {
            throw FileProblem(description: "\(path): cannot be written: \(posixReason(error))")
        }
    }

    static func remove(_ path: String) { try? FileManager.default.removeItem(atPath: path) }

    private static func reason(_ path: String) -> String {
        if !FileManager.default.fileExists(atPath: path) { return "no such file or folder" }
        if !FileManager.default.isReadableFile(atPath: path) { return "no permission to read it" }
        return "cannot be opened"
    }

    private static func posixReason(_ error: any Error) -> String {
        let cocoa = error as NSError
        let underlying = cocoa.userInfo[NSUnderlyingErrorKey] as? NSError
        guard let posix = underlying, posix.domain == NSPOSIXErrorDomain else {
            return cocoa.localizedDescription
        }
        return unsafe String(cString: strerror(Int32(posix.code)))
    }
}
