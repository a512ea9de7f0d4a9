/// The buckets of a histogram whose relative error is bounded: whole numbers, told apart by their first
/// significant bits.
///
/// Values below 2^bits have a bucket each. Above, each power of two is cut into 2^(bits - 1) buckets of equal
/// width, so that a bucket is never wider than 1 / 2^(bits - 1) of its values. Buckets are numbered from 0 without
/// gaps. Only whole numbers are used, so that results are the same on every machine.
struct LogLinearScale: Sendable, Hashable {
    /// Significant bits that are kept, from 1 to 32.
    let bits: Int

    /// - Parameter bits: significant bits that are kept, from 1 to 32.
    @inline(__always) init(bits: Int) {
        assert((1...32).contains(bits), "a scale keeps 1 to 32 bits")
        self.bits = bits
    }

    /// The bucket that a value lies in.
    @inline(__always) func bucket(of value: UInt64) -> Int {
        let shift = shift(of: value)
        return (shift &<< (bits &- 1)) &+ Int(truncatingIfNeeded: value &>> UInt64(shift))
    }

    /// The least value of a bucket.
    @inline(__always) func first(of bucket: Int) -> UInt64 {
        let shift = max(0, (bucket &>> (bits &- 1)) &- 1)
        return UInt64(bucket &- (shift &<< (bits &- 1))) &<< UInt64(shift)
    }

    /// How many values a bucket holds.
    @inline(__always) func width(of bucket: Int) -> UInt64 {
        1 &<< UInt64(max(0, (bucket &>> (bits &- 1)) &- 1))
    }

    /// The value in the middle of a bucket; of two the larger. Its error is at most half of the width.
    func middle(of bucket: Int) -> UInt64 { first(of: bucket) + width(of: bucket) / 2 }

    /// The least value at or above `value` that is the first of its bucket.
    /// - Parameter value: at most 2^63.
    /// - Returns: `value` itself where it is the first of its bucket; at most a bucket's width more otherwise.
    @inline(__always) func roundedUp(_ value: UInt64) -> UInt64 {
        let rest = (1 &<< UInt64(shift(of: value))) &- 1
        return (value &+ rest) & ~rest
    }

    /// How many of a value's last bits its bucket leaves out.
    @inline(__always) private func shift(of value: UInt64) -> Int {
        max(0, UInt64.bitWidth &- value.leadingZeroBitCount &- bits)
    }
}
