extension TraceEvent {
    /// The first fields of an event's line, enough to select lines of a long trace without parsing them completely.
    public struct Head: Sendable, Hashable {
        /// The number of the request.
        public var request: UInt64
        /// The kind of the event; nil: this version does not know it.
        public var kind: Kind?

        /// Reads the head of a line. The result is nil if the line has no instant, no request or no kind.
        /// - Parameter line: any bytes, without a line break. If they begin in the form that the program
        ///   writes, the part after the kind is not examined.
        public init?(_ line: [UInt8]) {
            if let head = Self.scan(line.span) {
                self = head
                return
            }
            // Other forms, with reordered fields, escapes or spaces, are parsed as general JSON.
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

        /// The instant at the beginning of a line; `at` is set to the position after it. nil: there is none.
        static func instant(of line: Span<UInt8>, _ at: inout Int) -> Int64? {
            guard line.begins(with: Field.opening) else { return nil }
            at = Field.opening.utf8CodeUnitCount
            return integer(line, &at)
        }

        /// Advances `at` past `,"key":`, if the line has that there; otherwise returns false.
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

        /// The integer at `at`, which is advanced past it; nil: there is none that fits.
        private static func integer(_ line: Span<UInt8>, _ at: inout Int) -> Int64? {
            let isNegative = at < line.count && line[at] == UInt8(ascii: "-")
            if isNegative { at += 1 }
            let first = at
            var value: Int64 = 0
            while at < line.count, line[at] &- 48 < 10 {
                let digit = Int64(line[at] &- 48)
                let (tens, isTooLarge) = value.multipliedReportingOverflow(by: 10)
                // Negative numbers are summed below zero, so that the smallest one can be read as well.
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
