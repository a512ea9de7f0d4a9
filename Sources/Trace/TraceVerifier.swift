/// Distinguishes complete, cut and changed traces.
public enum TraceVerifier {
    /// The result of a verification.
    public enum Verdict: Sendable, Hashable {
        /// All lines are present and unchanged.
        case whole(digest: String, lines: UInt64)
        /// The file holds a selection of the stream's lines, as written by `--trace failures`, and these are
        /// unchanged. `digest` and `lines` are the whole stream's as stated by the footer; a selection does not
        /// allow checking them.
        case selection(digest: String, lines: UInt64, written: UInt64)
        /// The file ends before its footer, for example after a kill; the lines before the end are readable.
        case cut(linesRead: UInt64, reason: String)
        /// The file differs from what the writer wrote.
        case changed(reason: String)
    }

    /// Reads a whole trace and verifies it.
    /// - Throws: errors that say nothing about the trace: `openFailed`, `isDirectory`, `readFailed`, `outOfMemory`.
    public static func verify(_ path: String) throws(TraceError) -> Verdict {
        var examination = Examination()
        do throws(TraceError) {
            var reader = try TraceReader(path: path)
            return try examination.examine(&reader)
        } catch {
            switch error.code {
            case .empty, .truncated:
                return .cut(linesRead: examination.events, reason: error.placeAndMessage)
            case .notTrace, .corrupt, .trailingGarbage, .lineTooLong, .malformed:
                return .changed(reason: error.placeAndMessage)
            default: throw error
            }
        }
    }
}

/// The state of one verification.
private struct Examination {
    private(set) var events: UInt64 = 0
    private var digest = TraceDigest()
    private var latest = Int64.min
    /// The number of the first line that is earlier than its predecessor; nil: none. Allowed in a selection.
    private var disorder: UInt64?

    mutating func examine(
        _ reader: inout TraceReader
    ) throws(TraceError) -> TraceVerifier.Verdict {
        guard let header = try reader.next() else {
            return .cut(linesRead: 0, reason: "there is no line")
        }
        _ = try TraceHeader(line: header, path: reader.path)
        while try reader.advance() {
            let isFooter = unsafe reader.withLine { TraceFooter.isFooter(unsafe $0.span) }
            if isFooter {
                let line = unsafe reader.withLine { unsafe Array($0) }
                let footer = try TraceFooter(line: line, path: reader.path)
                if try reader.advance() { return .changed(reason: "lines follow the footer") }
                return judge(footer, reader)
            }
            if let reason = unsafe reader.withLine({ unsafe add($0) }) {
                return .changed(reason: "line \(reader.lineCount): \(reason)")
            }
        }
        return .cut(linesRead: events, reason: "there is no footer")
    }

    /// - Returns: the defect of the line; nil: it has none.
    private mutating func add(_ bytes: UnsafeBufferPointer<UInt8>) -> String? {
        let line = unsafe bytes.span
        guard JSONText.members(of: line) != nil else { return "is not a JSON object" }
        var at = 0
        guard let instant = TraceEvent.Head.instant(of: line, &at) else {
            return "does not begin with an instant"
        }
        if instant < latest, disorder == nil { disorder = events + 2 }
        latest = instant
        unsafe digest.add(line: bytes)
        events += 1
        return nil
    }

    private func judge(
        _ footer: TraceFooter, _ reader: borrowing TraceReader
    ) -> TraceVerifier.Verdict {
        if reader.isCompressed && !reader.hasWritersHeader {
            return .changed(reason: "the file was compressed anew or its gzip header was changed")
        }
        let stated = footer.written ?? (footer.lines, footer.digest)
        if stated.lines != events {
            return .changed(reason: "the footer counts \(stated.lines) lines, there are \(events)")
        }
        if stated.digest != digest.text {
            return .changed(
                reason: "the footer's digest is \(stated.digest), the lines' \(digest.text)")
        }
        if let written = footer.written {
            return .selection(digest: footer.digest, lines: footer.lines, written: written.lines)
        }
        if let disorder {
            return .changed(reason: "line \(disorder) is earlier than the line before")
        }
        return .whole(digest: footer.digest, lines: footer.lines)
    }
}

extension TraceError {
    /// The description without the path.
    fileprivate var placeAndMessage: String {
        var error = self
        error.path = ""
        return error.description
    }
}
