/// A request's id of 128 random bits, carried by its log lines, its `X-Request-Id` field and its
/// error.
///
/// The 32 hexadecimal digits are composed only when they are read.
public struct CorrelationID: Sendable, Hashable, CustomStringConvertible {
    let high: UInt64
    let low: UInt64

    init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// Draws the id of a call from a source of random numbers.
    public init(_ call: CallID, _ chance: any ChanceSource) {
        high = chance.draw(below: .max, for: .correlation, call: call, attempt: 0)
        low = chance.draw(below: .max, for: .correlation, call: call, attempt: 1)
    }

    /// The id as 32 lowercase hexadecimal digits.
    public var description: String {
        unsafe String(unsafeUninitializedCapacity: 32) { digits in
            for index in 0..<32 {
                let word = index < 16 ? high : low
                let digit = UInt8(truncatingIfNeeded: word >> UInt64(60 - 4 * (index & 15))) & 15
                unsafe digits[index] = digit + (digit < 10 ? 48 : 87)
            }
            return 32
        }
    }
}
