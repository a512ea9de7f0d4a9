/// Some of the faults of a configuration, by their places. Up to 64 cost no memory.
struct FaultSet: Sendable, Hashable {
    private var first: UInt64 = 0
    /// Of the places from 64 on, a bit each, in as many words as the highest one takes.
    private var rest: [UInt64] = []

    mutating func insert(_ index: Int) {
        if index < 64 {
            first |= 1 << UInt64(index)
            return
        }
        let word = index / 64 - 1
        while rest.count <= word { rest.append(0) }
        rest[word] |= 1 << UInt64(index % 64)
    }

    func contains(_ index: Int) -> Bool {
        if index < 64 { return first >> UInt64(index) & 1 == 1 }
        let word = index / 64 - 1
        return word < rest.count && rest[word] >> UInt64(index % 64) & 1 == 1
    }
}
