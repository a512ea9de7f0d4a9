/// A type of field values, and how they are read from JSON.
protocol TraceFieldValue {
    static var type: TraceFieldType { get }

    /// Reads a value.
    /// - Parameters:
    ///   - text: valid JSON.
    ///   - range: the position of the value.
    /// - Returns: the value; nil: it has another type or is out of range.
    static func read(_ text: [UInt8], _ range: Range<Int>) -> Self?
}

extension TraceFieldValue where Self: FixedWidthInteger {
    static var type: TraceFieldType { .integer }

    static func read(_ text: [UInt8], _ range: Range<Int>) -> Self? {
        Self(String(decoding: text[range], as: UTF8.self))
    }
}

extension Int: TraceFieldValue {}
extension Int64: TraceFieldValue {}
extension UInt32: TraceFieldValue {}
extension UInt64: TraceFieldValue {}

extension Bool: TraceFieldValue {
    static var type: TraceFieldType { .flag }

    static func read(_ text: [UInt8], _ range: Range<Int>) -> Bool? {
        Bool(String(decoding: text[range], as: UTF8.self))
    }
}

extension String: TraceFieldValue {
    static var type: TraceFieldType { .text }

    static func read(_ text: [UInt8], _ range: Range<Int>) -> String? {
        guard text[range.lowerBound] == UInt8(ascii: "\"") else { return nil }
        return JSONText.unescaped(text, range.lowerBound + 1..<range.upperBound - 1)
    }
}

extension TraceWord: TraceFieldValue {
    static var type: TraceFieldType { .word(Known.allCases.map(\.rawValue)) }

    static func read(_ text: [UInt8], _ range: Range<Int>) -> TraceWord? {
        String.read(text, range).map { TraceWord(text: $0) }
    }
}

extension [Int]: TraceFieldValue {
    static var type: TraceFieldType { .integers }

    static func read(_ text: [UInt8], _ range: Range<Int>) -> [Int]? {
        guard text[range.lowerBound] == UInt8(ascii: "[") else { return nil }
        let list = text[range.lowerBound + 1..<range.upperBound - 1]
        let isSpace = { (byte: UInt8) in byte == 0x20 || byte == 0x09 || byte == 0x0d }
        if list.allSatisfy(isSpace) { return [] }
        var numbers: [Int] = []
        for part in list.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false) {
            let digits = part.filter { !isSpace($0) }
            guard let number = Int(String(decoding: digits, as: UTF8.self)) else { return nil }
            numbers.append(number)
        }
        return numbers
    }
}
