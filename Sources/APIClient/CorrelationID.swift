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
    public var description: String { Self.hexadecimal(high) + Self.hexadecimal(low) }

    private static func hexadecimal(_ word: UInt64) -> String {
        let digits = String(word, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
