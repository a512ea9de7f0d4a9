extension TraceDiff {
    /// A field in which two lines differ.
    public struct FieldDifference: Sendable, Hashable {
        /// The key of the field.
        public var key: String
        /// The value in the first file, as JSON text; nil: the line has no such field.
        public var left: String?
        /// The value in the second file, as JSON text; nil: the line has no such field.
        public var right: String?
    }
}

extension TraceDiff.Difference {
    /// The fields in which the two lines differ: first those of the first line, in its order, then further ones
    /// of the second.
    ///
    /// For events of different kinds, only the fields that every event has are compared. Empty if a line is
    /// missing or is not a JSON object.
    public var fields: [TraceDiff.FieldDifference] {
        guard let one = left.flatMap({ JSONMembers(Array($0.utf8)) }),
            let other = right.flatMap({ JSONMembers(Array($0.utf8)) })
        else { return [] }
        let (mine, others) = (one.all, other.all)
        let mineByKey = Dictionary(mine.map { ($0.key, $0.json) }) { first, _ in first }
        let othersByKey = Dictionary(others.map { ($0.key, $0.json) }) { first, _ in first }
        var keys = mine.map(\.key)
        keys += others.map(\.key).filter { mineByKey[$0] == nil }
        let kind = "\(TraceEvent.Field.kind.key)"
        if mineByKey[kind] != othersByKey[kind] {
            let common = TraceSchema.commonFields.map(\.key)
            keys.removeAll { !common.contains($0) }
        }
        return keys.compactMap { key in
            let (left, right) = (mineByKey[key], othersByKey[key])
            return left == right
                ? nil : TraceDiff.FieldDifference(key: key, left: left, right: right)
        }
    }
}
