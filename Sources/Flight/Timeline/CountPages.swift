/// The memory for the counts of many histograms, allocated in pages of 64 counts.
///
/// A histogram takes a page when the first value falls into it. A count has 32 bits; its overflow is kept in a
/// separate list, so that counts are always exact. Pages are numbered from 1; 0 means "no page".
@safe struct CountPages: ~Copyable {
    /// Number of counts in a page.
    static let slots = 64
    /// The default and largest limit for the number of pages, 16.8 MB: a page number has 16 bits.
    static let pagesMax = 65_535
    /// Number of pages that are allocated from the system at once: 256 KiB.
    private static let chunkPages = 1_024

    /// The part of a count above 32 bits.
    private struct Carry {
        let page: UInt16
        let slot: Int
        var high: UInt64
    }

    private let limit: Int
    private let chunks: UnsafeMutablePointer<UnsafeMutablePointer<UInt32>?>
    /// The highest page number in use so far.
    private var highest = 0
    private var free: [UInt16] = []
    private var carries: [Carry] = []

    /// - Parameter limit: the largest number of pages in use at once, from 1 to ``pagesMax``, which is the default.
    init(limit: Int = CountPages.pagesMax) {
        precondition((1...Self.pagesMax).contains(limit), "a page's number takes 16 bits")
        self.limit = limit
        let count = Self.pagesMax / Self.chunkPages + 1
        unsafe chunks = .allocate(capacity: count)
        unsafe chunks.initialize(repeating: nil, count: count)
    }

    deinit {
        for index in 0...Self.pagesMax / Self.chunkPages { unsafe chunks[index]?.deallocate() }
        unsafe chunks.deallocate()
    }

    /// Number of pages in use.
    var used: Int { highest - free.count }
    /// Whether all pages are in use, so that ``take()`` must not be called.
    var isFull: Bool { used >= limit }
    /// Number of bytes allocated for pages.
    var bytes: Int {
        (highest / Self.chunkPages + 1) * Self.chunkPages * Self.slots * MemoryLayout<UInt32>.size
    }

    /// Takes a page whose counts are 0. Must not be called when ``isFull``.
    mutating func take() -> UInt16 {
        precondition(!isFull, "all pages of the timeline are in use")
        let page: UInt16
        if let last = free.popLast() {
            page = last
        } else {
            highest += 1
            page = UInt16(highest)
            let chunk = highest / Self.chunkPages
            if unsafe chunks[chunk] == nil {
                unsafe chunks[chunk] = .allocate(capacity: Self.chunkPages * Self.slots)
            }
        }
        unsafe counts(page).initialize(repeating: 0, count: Self.slots)
        return page
    }

    /// Adds 1 to a count.
    @inline(__always) mutating func increment(_ page: UInt16, _ slot: Int) {
        let place = unsafe counts(page) + slot
        let sum = unsafe place.pointee &+ 1
        unsafe place.pointee = sum
        if sum == 0 { carry(1, page, slot) }
    }

    /// Adds `number` to a count.
    mutating func add(_ number: UInt64, _ page: UInt16, _ slot: Int) {
        let place = unsafe counts(page) + slot
        let sum = unsafe UInt64(place.pointee) + number
        unsafe place.pointee = UInt32(truncatingIfNeeded: sum)
        if sum >> 32 > 0 { carry(sum >> 32, page, slot) }
    }

    /// The value of a count.
    func count(_ page: UInt16, _ slot: Int) -> UInt64 {
        let low = unsafe UInt64(counts(page)[slot])
        if carries.isEmpty { return low }
        return low + (carries.first { $0.page == page && $0.slot == slot }?.high ?? 0) << 32
    }

    /// Adds all counts of `page` to those of `other`, and frees `page`.
    mutating func merge(_ page: UInt16, into other: UInt16) {
        for slot in 0..<Self.slots {
            let number = count(page, slot)
            if number > 0 { add(number, other, slot) }
        }
        carries.removeAll { $0.page == page }
        free.append(page)
    }

    private mutating func carry(_ high: UInt64, _ page: UInt16, _ slot: Int) {
        if let index = carries.firstIndex(where: { $0.page == page && $0.slot == slot }) {
            carries[index].high += high
        } else {
            carries.append(Carry(page: page, slot: slot, high: high))
        }
    }

    @inline(__always) private func counts(_ page: UInt16) -> UnsafeMutablePointer<UInt32> {
        let number = Int(page)
        let chunk = unsafe chunks[number / Self.chunkPages].unsafelyUnwrapped
        return unsafe chunk + (number % Self.chunkPages) &* Self.slots
    }
}
