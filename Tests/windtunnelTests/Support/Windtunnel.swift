import Foundation
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A call of the program, with its arguments, run and result.
struct Windtunnel {
    /// The destination of an output stream.
    enum Stream {
        case captured
        case file(String)
        case terminal
    }

    private let words: [String]
    // The folder is held so that it exists until the program has ended.
    private let folder: Folder
    private var environment: [String: String]
    private var output = Stream.captured
    private var error = Stream.captured
    private var seconds = 60

    /// - Parameter program: The program, by default `windtunnel`. Other programs are checked in the
    ///   same way.
    init(program: String = Binary.path, _ arguments: [String], in folder: Folder) {
        words = [program] + arguments
        self.folder = folder
        environment = ProcessInfo.processInfo.environment
        environment["NO_COLOR"] = nil
        environment["TERM"] = "xterm"
    }

    // MARK: - Putting together

    func environment(_ name: String, _ value: String) -> Self {
        changed { $0.environment[name] = value }
    }

    func output(to stream: Stream) -> Self { changed { $0.output = stream } }
    func error(to stream: Stream) -> Self { changed { $0.error = stream } }
    func within(seconds: Int) -> Self { changed { $0.seconds = seconds } }

    private func changed(_ change: (inout Self) -> Void) -> Self {
        var copy = self
        change(&copy)
        return copy
    }

    // MARK: - Running

    /// Runs the program and requires an exit code. Ending by a signal is an error.
    @discardableResult
    func exits(
        _ code: Int32, sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> Ending {
        let ending = try run(sourceLocation: sourceLocation)
        try #require(
            ending.status.exitCode == code,
            "\(call): \(ending.status)\n\(ending.output.prefix(2_000))\n\(ending.error.prefix(2_000))",
            sourceLocation: sourceLocation)
        return ending
    }

    /// Runs the program to its end.
    /// - Parameter meanwhile: Called with the running process and whether its terminal shows
    ///   something.
    func run(
        sourceLocation: SourceLocation = #_sourceLocation,
        _ meanwhile: (ChildProcess, _ shown: () -> String) throws -> Void = { _, _ in }
    ) throws -> Ending {
        let scratch = try Folder()
        defer { withExtendedLifetime(scratch) {} }
        let terminal = try Terminal()
        func descriptor(_ stream: Stream, _ name: String) throws -> Int32 {
            switch stream {
            case .captured: try open(scratch.path(name))
            case .file(let path): try open(path)
            case .terminal: terminal.descriptor
            }
        }
        let streams = [
            try open("/dev/null"), try descriptor(output, "output"), try descriptor(error, "error"),
        ]
        defer { for stream in streams where stream != terminal.descriptor { _ = close(stream) } }
        let child = try ChildProcess(
            words, in: folder.path, environment: environment.map { "\($0.key)=\($0.value)" },
            streams: streams)
        try meanwhile(child) { terminal.text }
        let status = try child.end(within: seconds) { terminal.look() }
        func text(_ stream: Stream, _ name: String) throws -> String {
            switch stream {
            case .captured: String(decoding: try Files.bytes(scratch.path(name)), as: UTF8.self)
            case .file: ""
            case .terminal: terminal.text
            }
        }
        let ending = Ending(
            status: status, output: try text(output, "output"), error: try text(error, "error"))
        try #require(!Binary.secret.isEmpty, "the flights' API key is not found in their source")
        #expect(
            !ending.output.contains(Binary.secret) && !ending.error.contains(Binary.secret),
            "\(call) shows the API key", sourceLocation: sourceLocation)
        return ending
    }

    private func open(_ path: String) throws -> Int32 {
        let flags = O_RDWR | O_CREAT | O_CLOEXEC
        #if canImport(Glibc)
            let descriptor = unsafe Glibc.open(path, flags, 0o644)
        #elseif canImport(Musl)
            let descriptor = unsafe Musl.open(path, flags, 0o644)
        #else
            let descriptor = unsafe Darwin.open(path, flags, 0o644)
        #endif
        try #require(descriptor >= 0, "\(path) cannot be opened: error \(errno)")
        return descriptor
    }

    private var call: String { words.dropFirst().joined(separator: " ") }
}

/// The result of a call.
struct Ending {
    let status: ChildProcess.Status
    let output: String
    let error: String

    var errorLines: [String] { error.split(separator: "\n").map(String.init) }

    /// Standard output as one JSON document, with nothing before or behind it.
    func document(sourceLocation: SourceLocation = #_sourceLocation) throws -> [String: Any] {
        let value = try JSONSerialization.jsonObject(with: Data(output.utf8))
        return try #require(value as? [String: Any], sourceLocation: sourceLocation)
    }

    /// The document's flights.
    func flights(sourceLocation: SourceLocation = #_sourceLocation) throws -> [[String: Any]] {
        let document = try document(sourceLocation: sourceLocation)
        return try #require(
            document["scenarios"] as? [[String: Any]], sourceLocation: sourceLocation)
    }

    /// The digests of the document's flights.
    func digests(sourceLocation: SourceLocation = #_sourceLocation) throws -> [String] {
        try flights(sourceLocation: sourceLocation).map {
            try #require($0["digest"] as? String, sourceLocation: sourceLocation)
        }
    }
}
