/// Elements in ascending order, mostly added at the back and taken from the front.
///
/// Both cost amortised constant time, a search O(log n), a removal elsewhere one move of memory. At
/// most twice as many places as elements, and a few, are held.
struct SortedQueue<Element: Comparable> {
    private var storage: [Element] = []
    /// The places before it are spent and wait for the next compaction.
    private var head = 0

    var count: Int { storage.count - head }
    var last: Element? { count == 0 ? nil : storage[storage.count - 1] }

    subscript(position: Int) -> Element { storage[head + position] }

    /// - Parameter element: not less than the last.
    mutating func append(_ element: Element) {
        precondition(last.map { $0 <= element } ?? true, "appended out of order")
        storage.append(element)
    }

    /// The position of one such element.
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
