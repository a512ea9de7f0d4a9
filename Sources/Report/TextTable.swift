/// A table of text. The first column is aligned left, the others right.
struct TextTable {
    private var rows: [[String]] = []

    init(_ header: [String]) { rows.append(header) }

    mutating func add(_ row: [String]) { rows.append(row) }

    /// The formatted lines, with two spaces between columns.
    var lines: [String] {
        let columns = rows.map(\.count).max() ?? 0
        let widths = (0..<columns).map { column in
            rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
        }
        return rows.map { row in
            row.enumerated().map { index, cell in
                let padding = String(repeating: " ", count: widths[index] - cell.count)
                return index == 0 ? cell + padding : padding + cell
            }.joined(separator: "  ")
        }
    }
}
