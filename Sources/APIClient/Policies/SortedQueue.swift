/// Elements in ascending order, mostly appended at the back and removed from the front.
///
/// Both take amortised constant time, a search takes O(log n), and any other removal takes one
/// memory move. At most about twice as many slots as elements are allocated.
struct SortedQueue<Element: Comparable> {
    private var storage: [Element] = []
    /// The index of the first element. The slots before it are unused until the next compaction.
    private var head = 0

    var count: Int { storage.count - head }
    var last: Element? { count == 0 ? nil : storage[storage.count - 1] }

    subscript(position: Int) -> Element { storage[head + position] }

    /// Appends an element.
    /// - Parameter element: not less than the last element.
    mutating func append(_ element: Element) {
        precondition(last.map { $0 <= element } ?? true, "appended out of order")
        storage.append(element)
    }

    /// The position of an element that equals this one; nil if there is none.
    func position(of element: Element) -> Int? {
        var low = head
        var high = storage.count
        while low < high {
            let middle = low + (high - low) / 2
            if storage[middle] < element { low = middle + 1 } else { high = middle }
        }
        return low < storage.count && storage[low] == element ? low - head : nil
    }

    mutating func remove(at position: Int) {
        precondition(position >= 0 && position < count, "no element at \(position)")
        guard position == 0 else {
            storage.remove(at: head + position)
            return
        }
        head += 1
        if head >= 32 && head * 2 >= storage.count {
            storage.removeSubrange(..<head)
            head = 0
        }
    }
}

extension SortedQueue: Sendable where Element: Sendable {}
