/// The first line of a trace, with everything that a replay needs.
public struct TraceHeader: Sendable, Hashable {
    /// The number of the trace format that this version writes.
    public static let format = 1

    /// The version of the tool that made the flight.
    public var version: String
    /// The seed of the flight.
    public var seed: UInt64
    /// The mode: `simulated`, `wire`, `live` or `serve`.
    public var mode: String
    /// The complete resolved scenario, as one JSON object.
    public var scenario: String

    /// Makes a header.
    /// - Parameters:
    ///   - version: the version of the tool.
    ///   - seed: the seed of all random numbers of the flight.
    ///   - mode: `simulated`, `wire`, `live` or `serve`.
    ///   - scenario: one JSON object in canonical form.
    public init(version: String, seed: UInt64, mode: String, scenario: String) {
        self.version = version
        self.seed = seed
        self.mode = mode
        self.scenario = scenario
    }

    /// The line, without its line break.
    ///
    /// The members have this order: `{"trace":1,"version":"1.0","seed":"42","mode":"wire","scenario":{}}`. The
    /// seed is a string, because many JSON parsers read numbers as doubles.
    public var json: String {
        var line = LineBuffer(capacity: scenario.utf8.count + 256)
        line.open("trace", Int64(Self.format))
        line.field("version", version)
        line.field("seed", String(seed))
        line.field("mode", mode)
        line.raw("scenario", json: scenario)
        return line.closed()
    }

    /// Reads the first line of a trace.
    /// - Parameters:
    ///   - line: the line, without its line break.
    ///   - path: the path of the file, for the error.
    /// - Throws: `notTrace` if it is not a header of this format; `malformed` if a field is missing or wrong.
    public init(line: [UInt8], path: String) throws(TraceError) {
        guard Self.isHeader(line.span) else {
            let number = JSONMembers(line)?.integer("trace", as: Int.self)
            let other = number == Self.format ? nil : number
            throw TraceError(
                code: .notTrace, path: path,
                message: other.map {
                    "is a trace of format \($0); this version reads format \(Self.format)"
                } ?? "is not a trace: its first line does not begin with {\"trace\":1,",
                line: 1)
        }
        guard let members = JSONMembers(line), let version = members.string("version"),
            let seed = members.string("seed").flatMap({ UInt64($0) }),
            let mode = members.string("mode"), let scenario = members.json("scenario"),
            scenario.utf8.first == UInt8(ascii: "{")
        else {
            throw TraceError(
                code: .malformed, path: path,
                message: "the header lacks its version, seed, mode or scenario", line: 1)
        }
        self.init(version: version, seed: seed, mode: mode, scenario: scenario)
    }

    /// Whether a line begins like a header.
    static func isHeader(_ line: Span<UInt8>) -> Bool { line.begins(with: "{\"trace\":1,") }
}

/// The last line of a trace, with its counts and digest.
public struct TraceFooter: Sendable {
    /// Number of event lines in the stream.
    public var lines: UInt64
    /// The digest of the stream, in lower-case hexadecimal.
    public var digest: String
    /// Further counts, in the order in which they are written.
    public var counts: [(key: String, value: Int64)]
    /// The number and the digest of the lines in the file, if the file holds only a selection; nil: it holds
    /// the whole stream.
    public private(set) var written: (lines: UInt64, digest: String)?

    /// Makes a footer.
    /// - Parameters:
    ///   - lines: the number of lines in the stream.
    ///   - digest: the digest of the stream, in lower-case hexadecimal.
    ///   - counts: further counts, in this order. Their keys must differ from the footer's own (`end`, `lines`,
    ///     `digest`, `written`, `written_digest`). Defaults to none.
    public init(lines: UInt64, digest: String, counts: [(key: String, value: Int64)] = []) {
        self.lines = lines
        self.digest = digest
        self.counts = counts
    }

    /// The line, without its line break: `{"end":1,"lines":4,"digest":"ab"}` with the counts.
    public var json: String {
        var line = LineBuffer(capacity: 256)
        line.open("end", 1)
        line.field("lines", lines)
        line.field("digest", digest)
        for (key, value) in counts { line.field(named: key, value) }
        if let written {
            line.field("written", written.lines)
            line.field("written_digest", written.digest)
        }
        return line.closed()
    }

    /// Reads the last line of a trace.
    /// - Parameters:
    ///   - line: the line, without its line break.
    ///   - path: the path of the file, for the error.
    /// - Throws: `malformed`.
    public init(line: [UInt8], path: String) throws(TraceError) {
        guard Self.isFooter(line.span), let members = JSONMembers(line),
            let lines = members.integer("lines", as: UInt64.self),
            let digest = members.string("digest")
        else {
            throw TraceError(
                code: .malformed, path: path, message: "the footer lacks its lines or its digest")
        }
        self.init(lines: lines, digest: digest)
        let own: Set<String> = ["end", "lines", "digest", "written", "written_digest"]
        for (key, json) in members.all where !own.contains(key) {
            if let value = Int64(json) { counts.append((key, value)) }
        }
        if let lines = members.integer("written", as: UInt64.self),
            let digest = members.string("written_digest")
        {
            written = (lines, digest)
        }
    }

    /// Whether a line begins like a footer.
    static func isFooter(_ line: Span<UInt8>) -> Bool { line.begins(with: "{\"end\":1,") }
}

extension Span<UInt8> {
    /// Whether the bytes begin with those of `prefix`.
    func begins(with prefix: StaticString) -> Bool {
        guard count >= prefix.utf8CodeUnitCount else { return false }
        return prefix.withUTF8Buffer { letters in
            for index in letters.indices where unsafe self[index] != letters[index] {
                return false
            }
            return true
        }
    }
}
