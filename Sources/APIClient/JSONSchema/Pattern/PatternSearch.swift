/// Searches for patterns; its memory is reused from one search to the next.
struct PatternSearch {
    /// A set of positions in the instructions, in order of insertion.
    private struct Places {
        var list: [Int] = []
        /// For each position, the round in which it was last inserted.
        var rounds: [Int] = []
    }

    private var now = Places()
    private var next = Places()
    private var open: [Int] = []
    private var round = 0

    /// The code points before and after a place in the text; nil at the text's ends.
    private struct Surroundings {
        var left: UInt32?
        var right: UInt32?

        var isWordBoundary: Bool { Self.isWord(left) != Self.isWord(right) }

        private static func isWord(_ code: UInt32?) -> Bool {
            switch code {
            case .some(0x30...0x39), .some(0x41...0x5a), .some(0x5f), .some(0x61...0x7a): true
            default: false
            }
        }
    }

    /// Whether the pattern occurs in the text; nil if the search would take more than `steps`.
    mutating func isFound(_ pattern: Pattern, in text: String, steps: inout Int) -> Bool? {
        let size = pattern.instructions.count
        if now.rounds.count < size {
            let more = size - now.rounds.count
            now.rounds += Array(repeating: 0, count: more)
            next.rounds += Array(repeating: 0, count: more)
        }
        now.list.removeAll(keepingCapacity: true)
        round += 1
        var rest = text.unicodeScalars.makeIterator()
        var place = Surroundings(left: nil, right: rest.next()?.value)
        while true {
            if place.left == nil || !pattern.isAnchored {
                // A match may also start here.
                if enter(0, of: pattern, at: place) { return true }
            }
            steps -= 1 + now.list.count >> 1
            guard steps > 0 else { return nil }
            guard let code = place.right, !(now.list.isEmpty && pattern.isAnchored) else {
                return false
            }
            place = Surroundings(left: code, right: rest.next()?.value)
            if advance(over: code, to: place, pattern) { return true }
        }
    }

    /// Moves every position that matches the code point past it.
    /// - Returns: whether one of them reached the pattern's end.
    private mutating func advance(
        over code: UInt32, to place: Surroundings, _ pattern: Pattern
    ) -> Bool {
        let current = now.list
        swap(&now, &next)
        now.list.removeAll(keepingCapacity: true)
        round += 1
        for index in current {
            let isTaken =
                switch pattern.instructions[index] {
                case .scalar(let wanted): wanted == code
                case .set(let set): pattern.sets[set].contains(code)
                default: false
                }
            if isTaken, enter(index + 1, of: pattern, at: place) { return true }
        }
        return false
    }

    /// Inserts a position, and all that follow it without consuming a code point.
    /// - Returns: whether one of them is the pattern's end.
    private mutating func enter(_ index: Int, of pattern: Pattern, at place: Surroundings) -> Bool {
        open.append(index)
        while let index = open.popLast() {
            if now.rounds[index] == round { continue }
            now.rounds[index] = round
            switch pattern.instructions[index] {
            case .scalar, .set: now.list.append(index)
            case .jump(let target): open.append(target)
            case .split(let first, let second):
                open.append(second)
                open.append(first)
            case .start: if place.left == nil { open.append(index + 1) }
            case .end: if place.right == nil { open.append(index + 1) }
            case .wordBoundary(let isNegated):
                if place.isWordBoundary != isNegated { open.append(index + 1) }
            case .match:
                open.removeAll(keepingCapacity: true)
                return true
            }
        }
        return false
    }
}
