/// Finds the accepted word that is most similar to a misspelt one.
enum Suggestion {
    /// Longer words are not compared, because the comparison takes quadratic time. No accepted word
    /// is longer.
    private static let lengthMax = 64

    /// The candidate with the smallest edit distance to `word`; the first of several. nil if none
    /// is similar enough.
    static func nearest(to word: String, among candidates: [String]) -> String? {
        let written = Array(word.lowercased().unicodeScalars)
        guard written.count <= lengthMax else { return nil }
        // A third of the letters may differ, or two in a short word, but never more than half.
        let allowed = min(max(2, written.count / 3), written.count / 2)
        var best: (distance: Int, name: String)?
        for candidate in candidates {
            let distance = Self.distance(written, Array(candidate.lowercased().unicodeScalars))
            if distance <= allowed && distance < best?.distance ?? .max {
                best = (distance, candidate)
            }
        }
        return best?.name
    }

    /// The number of insertions, deletions, substitutions and swaps of adjacent letters that turn
    /// one word into the other. No letter is edited twice (optimal string alignment distance).
    static func distance(_ a: [Unicode.Scalar], _ b: [Unicode.Scalar]) -> Int {
        if a.isEmpty || b.isEmpty { return max(a.count, b.count) }
        var beforeLast = [Int](repeating: 0, count: b.count + 1)
        var last = Array(0...b.count)
        for i in 1...a.count {
            var row = [i] + [Int](repeating: 0, count: b.count)
            for j in 1...b.count {
                let substitution = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)
                row[j] = min(substitution, last[j] + 1, row[j - 1] + 1)
                if i > 1, j > 1, a[i - 1] == b[j - 2], a[i - 2] == b[j - 1] {
                    row[j] = min(row[j], beforeLast[j - 2] + 1)
                }
            }
            (beforeLast, last) = (last, row)
        }
        return last[b.count]
    }
}
