import Foundation

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The reason why a file cannot be used, as a sentence that names the file.
struct FileProblem: Error, CustomStringConvertible {
    let description: String

    init(_ path: String, _ reason: String) { description = "\(path): \(reason)" }
}

/// The error for a file or folder that cannot be a scenario. It counts as invalid input.
struct UnfitFile: Error, CustomStringConvertible { let description: String }

/// Finds, reads and writes small files. The errors name the file.
enum Files {
    /// The largest file that is read. The decoder rejects larger ones.
    private static let bytesMax = 1 << 20

    // MARK: - Reading

    /// Reads the bytes of a regular file. Pipes and devices are rejected, because they may have no
    /// end.
    /// - Throws: ``FileProblem`` if the file cannot be read; ``UnfitFile`` if it is too large.
    static func read(_ path: String) throws -> [UInt8] {
        do {
            // Without O_NONBLOCK, opening a pipe blocks until another process opens it for writing.
            let descriptor = try Descriptor.opened(path, O_RDONLY | O_NONBLOCK)
            defer { _ = close(descriptor) }
            var status = stat()
            guard unsafe fstat(descriptor, &status) == 0 else { throw SystemError.last }
            try requireFile(path, status)
            return try Descriptor.contents(descriptor, bytesMax: bytesMax)
        } catch let error as SystemError {
            throw FileProblem(path, reading(error))
        }
    }

    private static func requireFile(_ path: String, _ status: stat) throws {
        switch status.st_mode & S_IFMT {
        case S_IFREG: break
        case S_IFDIR: throw FileProblem(path, "is a folder, not a file")
        default: throw FileProblem(path, "is not a file but a pipe, a socket or a device")
        }
        guard status.st_size <= bytesMax else {
            throw UnfitFile(
                description:
                    "\(path):1:1: the file has \(status.st_size) bytes; expected at most 1 MiB")
        }
    }

    /// The scenario files that a path names: the file itself, or the `.yaml` and `.yml` files of a
    /// folder, sorted by name. Subfolders are not searched.
    /// - Throws: ``FileProblem`` if the folder cannot be read; ``UnfitFile`` if it has no such
    ///   files.
    static func scenarios(_ path: String) throws -> [String] {
        guard isFolder(path) else { return [path] }
        let names: [String]
        do {
            // Opening the folder gives the system's error, which Foundation hides.
            _ = close(try Descriptor.opened(path, O_RDONLY | O_DIRECTORY))
            names = try FileManager.default.contentsOfDirectory(atPath: path)
        } catch let error as SystemError {
            throw FileProblem(path, reading(error))
        } catch {
            throw FileProblem(path, "the folder cannot be read")
        }
        let folder = path.hasSuffix("/") ? String(path.dropLast()) : path
        let files = names.filter { $0.hasSuffix(".yaml") || $0.hasSuffix(".yml") }
            .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
            .map { folder + "/" + $0 }.filter { !isFolder($0) }
        guard !files.isEmpty else {
            throw UnfitFile(description: "\(path): no scenarios (*.yaml) in this folder")
        }
        return files
    }

    /// Tells whether two paths name the same file.
    static func areSame(_ one: String, _ other: String) -> Bool {
        var (first, second) = (stat(), stat())
        guard unsafe stat(one, &first) == 0, unsafe stat(other, &second) == 0 else { return false }
        return first.st_dev == second.st_dev && first.st_ino == second.st_ino
    }

    private static func isFolder(_ path: String) -> Bool {
        var status = stat()
        return unsafe stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    // MARK: - Writing

    /// Creates a folder and its missing parent folders.
    /// - Throws: ``FileProblem`` if a folder cannot be created.
    static func makeFolder(_ path: String) throws {
        var made = path.hasPrefix("/") ? "/" : ""
        for part in path.split(separator: "/") {
            made += part
            if unsafe mkdir(made, 0o777) != 0 {
                let error = SystemError.last
                guard isFolder(made) else {
                    // The system's "File exists" would not explain the problem.
                    let reason = error.number == EEXIST ? "a file is in the way" : error.words
                    throw FileProblem(
                        made, "the folder cannot be created: \(reason); name another one with --out"
                    )
                }
            }
            made += "/"
        }
    }

    /// Replaces the content of a file, which is created if it is missing.
    /// - Throws: ``FileProblem`` if the file cannot be written.
    static func write(_ text: String, to path: String) throws {
        do {
            let descriptor = try Descriptor.opened(path, O_WRONLY | O_CREAT | O_TRUNC)
            do {
                try Descriptor.put(text, descriptor)
            } catch {
                _ = close(descriptor)
                throw error
            }
            // Network file systems may report a full disk only when the file is closed.
            guard close(descriptor) == 0 else { throw SystemError.last }
        } catch let error as SystemError {
            throw FileProblem(path, "cannot be written: \(error.words)")
        }
    }

    /// Removes a file if it exists.
    /// - Throws: ``FileProblem`` if the file cannot be removed.
    static func remove(_ path: String) throws {
        guard unsafe unlink(path) != 0 else { return }
        let error = SystemError.last
        if error.number != ENOENT { throw FileProblem(path, "cannot be removed: \(error.words)") }
    }

    private static func reading(_ error: SystemError) -> String {
        switch error.number {
        case ENOENT, ENOTDIR: "no such file or folder"
        case EACCES: "no permission to read it"
        default: "cannot be read: \(error.words)"
        }
    }
}
