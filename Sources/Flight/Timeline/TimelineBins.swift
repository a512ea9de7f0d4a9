import APIClient

/// The request counts of a timeline: per bin and series a row of counts and a histogram of latencies.
///
/// A row has 78 words: 64 counts (see ``TimelineColumns``), the longest latency in microseconds, and the page
/// numbers of the histogram, one per power of two, 0 for no page. The rows of all series of a bin form one
/// block, which is allocated when the bin is first needed.
///
/// With 33 series the rows take at most 10.6 MB and the pages 16.8 MB. When all pages are used, bins are
/// doubled early, which merges pages.
@safe struct TimelineBins: ~Copyable {
    typealias Row = UnsafeMutablePointer<UInt64>

    /// Latencies are whole microseconds in buckets with a width of at most 1/64 of their values. Read as the
    /// middle of its bucket, a value is wrong by at most 1/128.
    @inline(__always) static var scale: LogLinearScale { LogLinearScale(bits: 7) }
    private static let longest = 64
    private static let directory = 65
    /// Enough for the microseconds of any latency in Int64 nanoseconds.
    private static let pagesPerRow = 52
    private static let rowWords = 78

    private(set) var axis: TimelineAxis
    let series: Int
    /// Number of bins so far: up to the last one that has counts or that ``reach(_:)`` was called for.
    private(set) var count = 0
    private let blocks: UnsafeMutablePointer<Row?>
    private var pages: CountPages
    private(set) var statuses = StatusColumns()

    /// - Parameters:
    ///   - axis: the bins; not doubled yet.
    ///   - series: the number of rows per bin.
    ///   - pagesMax: the largest number of histogram pages in use at once. Defaults to ``CountPages/pagesMax``.
    init(_ axis: TimelineAxis, series: Int, pagesMax: Int = CountPages.pagesMax) {
        // Enough for two bins with any latencies.
        precondition(pagesMax >= 2 * series * Self.pagesPerRow, "too few pages for two bins")
        self.axis = axis
        self.series = series
        pages = CountPages(limit: pagesMax)
        unsafe blocks = .allocate(capacity: TimelineAxis.binsMax)
        unsafe blocks.initialize(repeating: nil, count: TimelineAxis.binsMax)
    }

    deinit {
        for index in 0..<count { unsafe blocks[index]?.deallocate() }
        unsafe blocks.deallocate()
    }

    /// Number of histogram pages in use.
    var pagesUsed: Int { pages.used }

    /// Size of all rows and pages, in bytes.
    var bytes: Int {
        let made = (0..<count).reduce(0) { unsafe blocks[$1] == nil ? $0 : $0 + 1 }
        return pages.bytes + made * series * Self.rowWords * MemoryLayout<UInt64>.size
    }

    // MARK: - Counting

    /// Adds 1 to a count of the bin that contains `instant`.
    @inline(__always) mutating func increment(_ column: Int, _ series: Int, at instant: Int64) {
        unsafe row(series, at: instant)[column] &+= 1
    }

    /// Counts an attempt that was answered with `status`.
    @inline(__always) mutating func increment(status: Int, _ series: Int, at instant: Int64) {
        unsafe row(series, at: instant)[statuses.column(status)] &+= 1
    }

    /// Counts the end of a request that arrived at `instant`, and the latency, in nanoseconds, of a success.
    @inline(__always) mutating func ended(
        _ ending: TimelineEnding, latency: Int64, _ series: Int, at instant: Int64
    ) {
        let row = unsafe row(series, at: instant)
        unsafe row[ending.rawValue] &+= 1
        guard ending.isSuccess else { return }
        // Rounded up, as in the figures.
        let microseconds = (UInt64(max(0, latency)) &+ 999) / 1_000
        if unsafe microseconds > row[Self.longest] {
            unsafe row[Self.longest] = microseconds
        }
        let bucket = Self.scale.bucket(of: microseconds)
        let place = bucket / CountPages.slots
        var page = unsafe Self.pages(of: row)[place]
        if page == 0 { page = newPage(place, series, at: instant) }
        pages.increment(page, bucket % CountPages.slots)
    }

    @inline(__always) private static func pages(of row: Row) -> UnsafeMutablePointer<UInt16> {
        unsafe UnsafeMutableRawPointer(row + directory).assumingMemoryBound(to: UInt16.self)
    }

    @inline(__always) private mutating func row(_ series: Int, at instant: Int64) -> Row {
        let index = axis.index(of: instant)
        if index < TimelineAxis.binsMax, let block = unsafe blocks[index] {
            return unsafe block + series &* Self.rowWords
        }
        return unsafe newBlock(at: instant) + series &* Self.rowWords
    }

    @inline(never) private mutating func newBlock(at instant: Int64) -> Row {
        reach(instant)
        return unsafe block(axis.index(of: instant))
    }

    /// The block of a bin within the axis; allocated if there is none.
    private mutating func block(_ index: Int) -> Row {
        count = max(count, index + 1)
        if let block = unsafe blocks[index] { return unsafe block }
        let block = Row.allocate(capacity: series * Self.rowWords)
        unsafe block.initialize(repeating: 0, count: series * Self.rowWords)
        unsafe blocks[index] = block
        return unsafe block
    }

    /// A page for a row that has none at `place`. If no page is left, doubles the bins; the instant's row may
    /// then be another one, which may have a page.
    @inline(never) private mutating func newPage(
        _ place: Int, _ series: Int, at instant: Int64
    ) -> UInt16 {
        while pages.isFull { double() }
        let directory = unsafe Self.pages(of: row(series, at: instant))
        if unsafe directory[place] == 0 { unsafe directory[place] = pages.take() }
        return unsafe directory[place]
    }

    // MARK: - Bins

    /// Widens the bins until they cover an instant.
    mutating func reach(_ instant: Int64) {
        while axis.index(of: instant) >= TimelineAxis.binsMax { double() }
        count = max(count, axis.index(of: instant) + 1)
    }

    /// Doubles the width of all bins.
    mutating func double() {
        for index in 0..<count {
            let target = axis.indexAfterDoubling(index)
            guard target != index, let block = unsafe blocks[index] else { continue }
            unsafe blocks[index] = nil
            if let kept = unsafe blocks[target] {
                for series in 0..<series {
                    unsafe merge(
                        block + series * Self.rowWords, into: kept + series * Self.rowWords)
                }
                unsafe block.deallocate()
            } else {
                unsafe blocks[target] = block
            }
        }
        if count > 0 { count = axis.indexAfterDoubling(count - 1) + 1 }
        axis.double()
    }

    private mutating func merge(_ row: Row, into other: Row) {
        for column in 0..<TimelineColumns.count { unsafe other[column] += row[column] }
        unsafe other[Self.longest] = max(other[Self.longest], row[Self.longest])
        let (from, to) = unsafe (Self.pages(of: row), Self.pages(of: other))
        for place in 0..<Self.pagesPerRow where unsafe from[place] != 0 {
            if unsafe to[place] == 0 {
                unsafe to[place] = from[place]
            } else {
                unsafe pages.merge(from[place], into: to[place])
            }
        }
    }

    /// Adds all counts of `other`, which must have the same origin and number of series.
    mutating func merge(_ other: borrowing TimelineBins) {
        precondition(other.axis.origin == axis.origin && other.series == series)
        while axis.doublings < other.axis.doublings { double() }
        if other.count > 0 { reach(other.axis.end(of: other.count - 1) - 1) }
        for index in 0..<other.count where unsafe other.blocks[index] != nil {
            // Each bin of the other timeline lies within one bin of this one.
            let instant = other.axis.start(of: index)
            for series in 0..<series { merge(other, index, series, at: instant) }
        }
    }

    private mutating func merge(
        _ other: borrowing TimelineBins, _ index: Int, _ series: Int, at instant: Int64
    ) {
        for column in 0..<TimelineColumns.firstStatus {
            let number = other.count(column, index, series..<series + 1)
            if number > 0 { unsafe row(series, at: instant)[column] += number }
        }
        for column in TimelineColumns.firstStatus..<TimelineColumns.count {
            let number = other.count(column, index, series..<series + 1)
            guard number > 0 else { continue }
            let status = other.statuses.status(of: column)
            let own = status.map { statuses.column($0) } ?? TimelineColumns.other
            unsafe row(series, at: instant)[own] += number
        }
        let longest = other.longest(index, series..<series + 1)
        if longest > 0 {
            let row = unsafe row(series, at: instant)
            unsafe row[Self.longest] = max(row[Self.longest], longest)
        }
        for (bucket, number) in other.latencies(index, series..<series + 1) {
            let place = bucket / CountPages.slots
            var page = unsafe Self.pages(of: row(series, at: instant))[place]
            if page == 0 { page = newPage(place, series, at: instant) }
            pages.add(number, page, bucket % CountPages.slots)
        }
    }

    // MARK: - Reading sums over several series

    private func row(_ index: Int, _ series: Int) -> Row? {
        guard let block = unsafe blocks[index] else { return nil }
        return unsafe block + series * Self.rowWords
    }

    func count(_ column: Int, _ index: Int, _ range: Range<Int>) -> UInt64 {
        range.reduce(0) { sum, series in unsafe sum + (row(index, series)?[column] ?? 0) }
    }

    /// The longest latency of a success, in microseconds; 0: there is none.
    func longest(_ index: Int, _ range: Range<Int>) -> UInt64 {
        range.reduce(0) { most, series in unsafe max(most, row(index, series)?[Self.longest] ?? 0) }
    }

    /// The number of latencies per bucket of ``scale``, by ascending bucket, without empty buckets.
    func latencies(_ index: Int, _ range: Range<Int>) -> [(bucket: Int, count: UInt64)] {
        var found: [(bucket: Int, count: UInt64)] = []
        for place in 0..<Self.pagesPerRow {
            let pages = range.compactMap { series -> UInt16? in
                guard let row = unsafe row(index, series) else { return nil }
                let page = unsafe Self.pages(of: row)[place]
                return page == 0 ? nil : page
            }
            guard !pages.isEmpty else { continue }
            for slot in 0..<CountPages.slots {
                let number = pages.reduce(0) { $0 + self.pages.count($1, slot) }
                if number > 0 { found.append((place * CountPages.slots + slot, number)) }
            }
        }
        return found
    }
}

/// Assigns columns to statuses: the first 30 different statuses of a flight get one each, in the order of first
/// appearance. All others share ``TimelineColumns/other``.
struct StatusColumns {
    /// The column of each status; 0: none yet.
    private var columns = [UInt8](repeating: 0, count: 1_000)
    /// The status of each column, from ``TimelineColumns/firstStatus`` on.
    private(set) var seen: [Int] = []

    @inline(__always) mutating func column(_ status: Int) -> Int {
        if status > 0, status < columns.count, columns[status] != 0 { return Int(columns[status]) }
        return newColumn(status)
    }

    @inline(never) private mutating func newColumn(_ status: Int) -> Int {
        guard columns.indices.contains(status) else { return TimelineColumns.other }
        let column = min(TimelineColumns.firstStatus + seen.count, TimelineColumns.other)
        if column < TimelineColumns.other { seen.append(status) }
        columns[status] = UInt8(column)
        return column
    }

    /// The status that a column counts; nil: none or several.
    func status(of column: Int) -> Int? {
        let place = column - TimelineColumns.firstStatus
        return seen.indices.contains(place) ? seen[place] : nil
    }
}
