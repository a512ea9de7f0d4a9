/// Finds what was probably meant by a misspelt word.
enum Suggestion {
    /// Longer words are not compared: no name is that long, and the comparison is quadratic.
    private static let lengthMax = 64

    /// The candidate nearest to `word`; the first of several; nil when none is near.
    static func nearest(to word: String, among candidates: [String]) -> String? {
        let written = Array(word.lowercased().unicodeScalars)
        guard written.count <= lengthMax else { return nil }
        // A third of the word may be wrong, two letters always, but never most of a short word.
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

    /// Insertions, deletions, substitutions and swaps of neighbours that turn one word into the
    /// other (Damerau, with no letter edited twice).
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
