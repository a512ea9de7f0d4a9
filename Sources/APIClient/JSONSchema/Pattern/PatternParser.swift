/// The reason why a text is not a supported pattern.
struct PatternError: Error {
    let reason: String
    init(_ reason: String) { self.reason = reason }
}

/// The syntax tree of a regular expression.
indirect enum PatternTree: Sendable {
    case empty
    case scalar(UInt32)
    case set(ScalarSet)
    case start
    case end
    case wordBoundary(isNegated: Bool)
    case sequence([PatternTree])
    case choice([PatternTree])
    /// A repetition; `max` nil means any number of times.
    case repeated(PatternTree, min: Int, max: Int?)
}

/// Parses regular expressions of ECMA-262 with Unicode semantics.
///
/// Look-around and back references are refused, because they need backtracking. Literal `{`, `}`
/// and `]` and needless escapes of punctuation are accepted, as ECMA-262 does outside of its
/// Unicode mode, because existing schemas rely on it.
struct PatternParser {
    private static let depthMax = 100
    private static let countMax = 10_000

    private let scalars: [Unicode.Scalar]
    private var position = 0
    private var depth = 0

    init(_ text: String) { scalars = Array(text.unicodeScalars) }

    static func tree(of text: String) throws(PatternError) -> PatternTree {
        var parser = PatternParser(text)
        let tree = try parser.choice()
        guard parser.position == parser.scalars.count else {
            throw PatternError("closes a group that is not open")
        }
        return tree
    }

    // MARK: - Text

    var next: Unicode.Scalar? { position < scalars.count ? scalars[position] : nil }

    mutating func takeNext() -> Unicode.Scalar? {
        guard let next else { return nil }
        position += 1
        return next
    }

    mutating func take(_ text: String) -> Bool {
        let wanted = text.unicodeScalars
        guard scalars[position...].starts(with: wanted) else { return false }
        position += wanted.count
        return true
    }

    /// Consumes the text up to `end`, and `end` itself; returns nil and consumes nothing if `end`
    /// is missing.
    mutating func takeText(before end: Unicode.Scalar) -> String? {
        guard let index = scalars[position...].firstIndex(of: end) else { return nil }
        defer { position = index + 1 }
        return String(String.UnicodeScalarView(scalars[position..<index]))
    }

    mutating func attempt<Value>(
        _ body: (inout PatternParser) throws(PatternError) -> Value?
    ) throws(PatternError) -> Value? {
        let start = position
        if let value = try body(&self) { return value }
        position = start
        return nil
    }

    // MARK: - Grammar

    private mutating func choice() throws(PatternError) -> PatternTree {
        depth += 1
        defer { depth -= 1 }
        if depth > Self.depthMax { throw PatternError("is nested too deeply") }
        var choices = [try sequence()]
        while take("|") { choices.append(try sequence()) }
        return choices.count == 1 ? choices[0] : .choice(choices)
    }

    private mutating func sequence() throws(PatternError) -> PatternTree {
        var items: [PatternTree] = []
        while let next, next != "|", next != ")" {
            let (item, isRepeatable) = try term()
            guard let (min, max) = try quantifier() else {
                items.append(item)
                continue
            }
            guard isRepeatable else { throw PatternError("repeats what cannot be repeated") }
            items.append(.repeated(item, min: min, max: max))
            if try quantifier() != nil { throw PatternError("repeats a repetition") }
        }
        return items.count == 1 ? items[0] : .sequence(items)
    }

    private mutating func term() throws(PatternError) -> (PatternTree, isRepeatable: Bool) {
        if take("^") { return (.start, false) }
        if take("$") { return (.end, false) }
        if take("(") { return (try group(), true) }
        if take("[") { return (.set(try bracket()), true) }
        if take(".") { return (.set(ScalarSet(.notLineEnd)), true) }
        if take("\\") {
            if take("b") { return (.wordBoundary(isNegated: false), false) }
            if take("B") { return (.wordBoundary(isNegated: true), false) }
            switch try escape() {
            case .scalar(let code): return (.scalar(code), true)
            case .set(let kind, let isNegated):
                return (.set(ScalarSet(kind, isNegated: isNegated)), true)
            }
        }
        if try quantifier() != nil { throw PatternError("repeats nothing") }
        guard let scalar = takeNext() else { return (.empty, false) }
        return (.scalar(scalar.value), true)
    }

    private mutating func group() throws(PatternError) -> PatternTree {
        if take("?=") || take("?!") || take("?<=") || take("?<!") {
            throw PatternError("looks ahead or behind, which is not supported")
        }
        if take("?<") {
            guard takeText(before: ">") != nil else { throw PatternError("has an unnamed group") }
        } else if !take("?:"), next == "?" {
            throw PatternError("has a group of an unknown kind")
        }
        let tree = try choice()
        guard take(")") else { throw PatternError("does not close a group") }
        return tree
    }

    /// Consumes a quantifier; returns nil if none follows.
    private mutating func quantifier() throws(PatternError) -> (min: Int, max: Int?)? {
        let counts: (min: Int, max: Int?)?
        if take("*") {
            counts = (0, nil)
        } else if take("+") {
            counts = (1, nil)
        } else if take("?") {
            counts = (0, 1)
        } else {
            counts = try attempt { parser throws(PatternError) in try parser.counts() }
        }
        // Greediness does not affect whether there is a match.
        if counts != nil { _ = take("?") }
        return counts
    }

    private mutating func counts() throws(PatternError) -> (min: Int, max: Int?)? {
        guard take("{"), let min = try count() else { return nil }
        if take("}") { return (min, min) }
        guard take(",") else { return nil }
        if take("}") { return (min, nil) }
        guard let max = try count(), take("}") else { return nil }
        if max < min { throw PatternError("repeats at most less often than at least") }
        return (min, max)
    }

    private mutating func count() throws(PatternError) -> Int? {
        var count: Int?
        while let next, ("0"..."9").contains(next) {
            position += 1
            count = (count ?? 0) * 10 + Int(next.value - 0x30)
            if let count, count > Self.countMax {
                throw PatternError("repeats more than \(Self.countMax) times")
            }
        }
        return count
    }

    private mutating func bracket() throws(PatternError) -> ScalarSet {
        let isNegated = take("^")
        var ranges: [ClosedRange<UInt32>] = []
        var classes: [(kind: ScalarSet.Class, isNegated: Bool)] = []
        while !take("]") {
            let low = try bracketItem()
            guard next == "-", position + 1 < scalars.count, scalars[position + 1] != "]" else {
                switch low {
                case .scalar(let code): ranges.append(code...code)
                case .set(let kind, let isNegated): classes.append((kind, isNegated))
                }
                continue
            }
            position += 1
            switch (low, try bracketItem()) {
            case (.scalar(let low), .scalar(let high)):
                if high < low { throw PatternError("has a range whose end is before its start") }
                ranges.append(low...high)
            default: throw PatternError("has a range whose end is a class")
            }
        }
        return ScalarSet(ranges: ranges, classes: classes, isNegated: isNegated)
    }

    private mutating func bracketItem() throws(PatternError) -> Escaped {
        guard let scalar = takeNext() else { throw PatternError("does not close a bracket") }
        guard scalar == "\\" else { return .scalar(scalar.value) }
        if take("b") { return .scalar(8) }
        return try escape()
    }
}
