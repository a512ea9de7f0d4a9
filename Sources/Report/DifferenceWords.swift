public import Trace

extension TraceDiff.Difference {
    /// Where two traces differ, what each says there, and which fields are not the same.
    /// - Parameters:
    ///   - left: the first file, as it was named.
    ///   - right: the second file, likewise.
    /// - Returns: lines without a line break behind the last.
    public func text(left: String, right: String) -> String {
        let lines =
            [
                "line \(line) differs:", "  left, \(left):",
                "    " + Self.told(self.left, leftHeader), "  right, \(right):",
                "    " + Self.told(self.right, rightHeader),
            ] + fields.map { "  " + Self.told($0) }
        return lines.map { Wording.printable($0) }.joined(separator: "\n")
    }

    /// One side's event in words. A line that is none is told as it stands, with what is wrong with it.
    private static func told(_ line: String?, _ header: [UInt8]) -> String {
        guard let line else { return "(the events end)" }
        do throws(TraceLineError) {
            let event = try TraceEvent(Array(line.utf8))
            let instant = Wording.fixed(Double(event.identity.instant) / 1e9, 9)
            let client = event.identity.client
            let words = EventWords(try? TraceHeader(line: header, path: ""))
            return "\(instant) s, request \(event.identity.request)"
                + (client > 0 ? " of client \(client)" : "") + ": " + words.sentence(event)
        } catch {
            return "\(error): \(line)"
        }
    }

    private static func told(_ field: TraceDiff.FieldDifference) -> String {
        "field \(field.key): \(field.left ?? "(none)") on the left, "
            + "\(field.right ?? "(none)") on the right"
    }
}
