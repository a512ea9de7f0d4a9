/// A compiled regular expression.
///
/// The search tracks all possible states at once (Thompson, "Regular Expression Search Algorithm",
/// 1968). So its time is bounded by the length of the text times the size of the pattern.
struct Pattern: Sendable {
    enum Instruction: Sendable {
        case scalar(UInt32)
        case set(Int)
        case split(Int, Int)
        case jump(Int)
        case start
        case end
        case wordBoundary(isNegated: Bool)
        case match
    }

    let instructions: [Instruction]
    let sets: [ScalarSet]

    /// Compiles a pattern.
    /// - Throws: ``PatternError`` if the text is not a pattern or needs more than `sizeMax`
    ///   instructions.
    init(_ text: String, sizeMax: Int = 20_000) throws(PatternError) {
        var writer = PatternWriter(sizeMax: sizeMax)
        try writer.write(try PatternParser.tree(of: text))
        try writer.append(.match)
        instructions = writer.instructions
        sets = writer.sets
    }

    /// Whether every match starts at the beginning of the text.
    var isAnchored: Bool { if case .start = instructions[0] { true } else { false } }
}

/// Translates a pattern into instructions.
private struct PatternWriter {
    private(set) var instructions: [Pattern.Instruction] = []
    private(set) var sets: [ScalarSet] = []
    private let sizeMax: Int
    /// Counts the written trees: repeating an empty pattern takes no instructions, but takes time.
    private var writes = 0

    init(sizeMax: Int) { self.sizeMax = sizeMax }

    mutating func append(_ instruction: Pattern.Instruction) throws(PatternError) {
        guard instructions.count < sizeMax else { throw PatternError("is too large") }
        instructions.append(instruction)
    }

    mutating func write(_ tree: PatternTree) throws(PatternError) {
        writes += 1
        if writes > 4 * sizeMax { throw PatternError("is too large") }
        switch tree {
        case .empty: break
        case .scalar(let code): try append(.scalar(code))
        case .set(let set): try append(.set(number(of: set)))
        case .start: try append(.start)
        case .end: try append(.end)
        case .wordBoundary(let isNegated): try append(.wordBoundary(isNegated: isNegated))
        case .sequence(let items): for item in items { try write(item) }
        case .choice(let choices): try write(choices: choices)
        case .repeated(let item, let min, let max):
            for _ in 0..<min { try write(item) }
            guard let max else { return try writeLoop(item) }
            try writeOptional(item, times: max - min)
        }
    }

    private mutating func number(of set: ScalarSet) -> Int {
        // A repetition writes the same set several times in a row.
        if let last = sets.last, last == set { return sets.count - 1 }
        sets.append(set)
        return sets.count - 1
    }

    private mutating func write(choices: [PatternTree]) throws(PatternError) {
        var ends: [Int] = []
        for choice in choices.dropLast() {
            let split = instructions.count
            try append(.jump(0))
            try write(choice)
            ends.append(instructions.count)
            try append(.jump(0))
            instructions[split] = .split(split + 1, instructions.count)
        }
        if let last = choices.last { try write(last) }
        for end in ends { instructions[end] = .jump(instructions.count) }
    }

    private mutating func writeLoop(_ item: PatternTree) throws(PatternError) {
        let split = instructions.count
        try append(.jump(0))
        try write(item)
        try append(.jump(split))
        instructions[split] = .split(split + 1, instructions.count)
    }

    private mutating func writeOptional(
        _ item: PatternTree, times: Int
    ) throws(PatternError) {
        var splits: [Int] = []
        for _ in 0..<times {
            splits.append(instructions.count)
            try append(.jump(0))
            try write(item)
        }
        for split in splits { instructions[split] = .split(split + 1, instructions.count) }
    }
}
