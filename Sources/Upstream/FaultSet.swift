/// A set of faults by their indices in the configuration. Up to 64 need no allocation.
struct FaultSet: Sendable, Hashable {
    private var first: UInt64 = 0
    /// The bits of the indices from 64 on, in as many words as the highest one needs.
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
