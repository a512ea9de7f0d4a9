/// The buckets of a histogram with bounded relative error: they tell whole numbers apart by their leading
/// significant bits.
///
/// Values below 2^bits have a bucket each. Above, each power of two is divided into 2^(bits - 1) buckets of
/// equal width, so a bucket's width is at most 1 / 2^(bits - 1) of its values. Buckets are numbered from 0
/// without gaps. All arithmetic is on integers, so results are the same on every machine.
struct LogLinearScale: Sendable, Hashable {
    /// Number of significant bits, from 1 to 32.
    let bits: Int

    /// - Parameter bits: number of significant bits, from 1 to 32.
    @inline(__always) init(bits: Int) {
        assert((1...32).contains(bits), "a scale keeps 1 to 32 bits")
        self.bits = bits
    }

    /// The bucket that contains a value.
    @inline(__always) func bucket(of value: UInt64) -> Int {
        let shift = shift(of: value)
        return (shift &<< (bits &- 1)) &+ Int(truncatingIfNeeded: value &>> UInt64(shift))
    }

    /// The smallest value of a bucket.
    @inline(__always) func first(of bucket: Int) -> UInt64 {
        let shift = max(0, (bucket &>> (bits &- 1)) &- 1)
        return UInt64(bucket &- (shift &<< (bits &- 1))) &<< UInt64(shift)
    }

    /// The number of values in a bucket.
    @inline(__always) func width(of bucket: Int) -> UInt64 {
        1 &<< UInt64(max(0, (bucket &>> (bits &- 1)) &- 1))
    }

    /// The middle value of a bucket; with two middle values, the larger. The error is at most half the width.
    func middle(of bucket: Int) -> UInt64 { first(of: bucket) + width(of: bucket) / 2 }

    /// The smallest value at or above `value` that is the first of its bucket.
    /// - Parameter value: at most 2^63.
    /// - Returns: `value` itself if it is the first of its bucket, otherwise the first value of the next bucket.
    @inline(__always) func roundedUp(_ value: UInt64) -> UInt64 {
        let rest = (1 &<< UInt64(shift(of: value))) &- 1
        return (value &+ rest) & ~rest
    }

    /// The number of low bits of a value that its bucket ignores.
    @inline(__always) private func shift(of value: UInt64) -> Int {
        max(0, UInt64.bitWidth &- value.leadingZeroBitCount &- bits)
    }
}
