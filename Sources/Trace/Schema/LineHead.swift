extension TraceEvent {
    /// What an event's line begins with: enough to pick lines out of a long trace without parsing each.
    public struct Head: Sendable, Hashable {
        /// The request's number.
        public var request: UInt64
        /// The event's kind; nil where this version does not know it.
        public var kind: Kind?

        /// Reads the head of a line; nil where the line has no instant, no request or no kind.
        /// - Parameter line: without its line break; any bytes may come. What follows the kind is not
        ///   looked at where the line begins as the program writes it.
        public init?(_ line: [UInt8]) {
            if let head = Self.scan(line.span) {
                self = head
                return
            }
            // Another order of the fields, an escape or a space: as any JSON object is read.
            guard var reader = try? TraceLineReader(line), let identity = try? Identity(&reader),
                let kind = try? reader.read(Field.kind)
            else { return nil }
            self.init(request: identity.request, kind: Kind(kind))
        }

        private init(request: UInt64, kind: Kind?) { (self.request, self.kind) = (request, kind) }

        private static func scan(_ line: Span<UInt8>) -> Self? {
            var at = 0
            guard instant(of: line, &at) != nil else { return nil }
            if take(Field.client.key, line, &at) {
                guard integer(line, &at) != nil else { return nil }
            }
            guard take(Field.request.key, line, &at), let number = integer(line, &at),
                let request = UInt64(exactly: number), take(Field.kind.key, line, &at),
                at < line.count, line[at] == UInt8(ascii: "\"")
            else { return nil }
            let start = at + 1
            at = start
            while at < line.count, line[at] != UInt8(ascii: "\"") {
                if line[at] == UInt8(ascii: "\\") || line[at] >= 0x80 { return nil }
                at += 1
            }
            guard at < line.count else { return nil }
            let word = String(decoding: (start..<at).map { line[$0] }, as: UTF8.self)
            return Self(request: request, kind: Kind(word))
        }

        /// The number that a line begins with, behind the key of the instant; `at` is moved behind it.
        static func instant(of line: Span<UInt8>, _ at: inout Int) -> Int64? {
            guard line.begins(with: Field.opening) else { return nil }
            at = Field.opening.utf8CodeUnitCount
            return integer(line, &at)
        }

        /// Moves `at` behind `,"key":`, where that stands there.
        private static func take(
            _ key: StaticString, _ line: Span<UInt8>, _ at: inout Int
        ) -> Bool {
            let count = key.utf8CodeUnitCount
            guard line.count - at > count + 4, line[at] == UInt8(ascii: ","),
                line[at + 1] == UInt8(ascii: "\""), line.extracting((at + 2)...).begins(with: key),
                line[at + 2 + count] == UInt8(ascii: "\""),
                line[at + 3 + count] == UInt8(ascii: ":")
            else { return false }
            at += count + 4
            return true
        }

        /// The whole number at `at`, which is moved behind it; nil where there is none that fits.
        private static func integer(_ line: Span<UInt8>, _ at: inout Int) -> Int64? {
            let isNegative = at < line.count && line[at] == UInt8(ascii: "-")
            if isNegative { at += 1 }
            let first = at
            var value: Int64 = 0
            while at < line.count, line[at] &- 48 < 10 {
                let digit = Int64(line[at] &- 48)
                let (tens, isTooLarge) = value.multipliedReportingOverflow(by: 10)
                // Below zero, so that the least number of all is read too.
                let (sum, isStillTooLarge) =
                    tens.addingReportingOverflow(isNegative ? -digit : digit)
                if isTooLarge || isStillTooLarge { return nil }
                value = sum
                at += 1
            }
            return at > first ? value : nil
        }
    }
}
