/// What ties a request's log lines, header and error together: 128 random bits.
///
/// Written as 32 hexadecimal digits, and only when somebody reads it.
public struct CorrelationID: Sendable, Hashable, CustomStringConvertible {
    let high: UInt64
    let low: UInt64

    init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// The id of a call, drawn from its own chance.
    public init(_ call: CallID, _ chance: any ChanceSource) {
        high = chance.draw(below: .max, for: .correlation, call: call, attempt: 0)
        low = chance.draw(below: .max, for: .correlation, call: call, attempt: 1)
    }

    /// 32 hexadecimal digits.
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
