// The building blocks of fields. Each `put`, except the escaping ones, requires that room was reserved.

extension LineBuffer {
    @inlinable @inline(__always) mutating func put(_ text: StaticString) {
        let count = text.utf8CodeUnitCount
        unsafe (base + used).update(from: text.utf8Start, count: count)
        used &+= count
    }

    @inlinable @inline(__always) mutating func put(key: StaticString) {
        put(",\"")
        put(key)
        put("\":")
    }

    @inlinable @inline(__always) mutating func put(_ value: Int64) {
        if value < 0 { put("-") }
        unsafe used &+= Self.putDecimal(value.magnitude, at: base + used)
    }

    /// Writes `value` in decimal.
    /// - Parameters:
    ///   - value: any number.
    ///   - place: a buffer with room for 20 digits.
    /// - Returns: the number of digits written.
    @inlinable @inline(__always)
    static func putDecimal(_ value: UInt64, at place: UnsafeMutablePointer<UInt8>) -> Int {
        if value < 10 {
            unsafe place[0] = UInt8(truncatingIfNeeded: value) &+ 48
            return 1
        }
        return unsafe putLongDecimal(value, at: place)
    }

    /// Writes `value`, which must be at least 10, from the right, two digits at a time.
    @usableFromInline
    static func putLongDecimal(_ value: UInt64, at place: UnsafeMutablePointer<UInt8>) -> Int {
        let count = digitCount(value)
        let raw = UnsafeMutableRawPointer(place)
        let pairs = unsafe UnsafeRawPointer(twoDigits.utf8Start)
        var end = count
        var rest = value
        // Eight digits per step, in two independent halves, because the divisions dominate the cost of a long number.
        while rest >= 100_000_000 {
            let quotient = rest / 100_000_000
            let low = UInt32(truncatingIfNeeded: rest &- quotient &* 100_000_000)
            rest = quotient
            let upper = low / 10_000
            let lower = low &- upper &* 10_000
            unsafe putFour(upper, raw + (end &- 8), pairs)
            unsafe putFour(lower, raw + (end &- 4), pairs)
            end &-= 8
        }
        var short = UInt32(truncatingIfNeeded: rest)
        while short >= 100 {
            let quotient = short / 100
            end &-= 2
            unsafe putPair(short &- quotient &* 100, raw + end, pairs)
            short = quotient
        }
        if end == 2 {
            unsafe putPair(short, raw, pairs)
        } else if end == 1 {
            unsafe place[0] = UInt8(truncatingIfNeeded: short) &+ 48
        }
        return count
    }

    @inline(__always)
    private static func putFour(
        _ value: UInt32, _ place: UnsafeMutableRawPointer, _ pairs: UnsafeRawPointer
    ) {
        let upper = value / 100
        unsafe putPair(upper, place, pairs)
        unsafe putPair(value &- upper &* 100, place + 2, pairs)
    }

    @inline(__always)
    private static func putPair(
        _ value: UInt32, _ place: UnsafeMutableRawPointer, _ pairs: UnsafeRawPointer
    ) {
        let pair = unsafe pairs.loadUnaligned(fromByteOffset: Int(value) &* 2, as: UInt16.self)
        unsafe place.storeBytes(of: pair, as: UInt16.self)
    }

    /// The number of decimal digits of `value`, which must be above 0.
    private static func digitCount(_ value: UInt64) -> Int {
        // 1233 / 4096 approximates log10(2): the guess is correct or one too high.
        let guess = ((64 &- value.leadingZeroBitCount) &* 1_233) >> 12
        return value < powersOfTen[guess] ? guess : guess &+ 1
    }

    private static let powersOfTen: InlineArray<20, UInt64> = [
        1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000,
        10_000_000_000, 100_000_000_000, 1_000_000_000_000, 10_000_000_000_000,
        100_000_000_000_000, 1_000_000_000_000_000, 10_000_000_000_000_000,
        100_000_000_000_000_000, 1_000_000_000_000_000_000, 10_000_000_000_000_000_000,
    ]

    private static let twoDigits: StaticString = """
        00010203040506070809101112131415161718192021222324252627282930313233343536373839\
        40414243444546474849505152535455565758596061626364656667686970717273747576777879\
        8081828384858687888990919293949596979899
        """
}

// MARK: - Strings

extension LineBuffer {
    /// Writes `value` in quotes, with escapes. Reserves room itself.
    @usableFromInline mutating func putEscaped(_ value: String) {
        let utf8 = value.utf8
        // The longest escape, such as \u001f, has six bytes.
        reserve(utf8.count &* 6 &+ 2)
        put("\"")
        let isDone: Void? = unsafe utf8.withContiguousStorageIfAvailable { bytes in
            unsafe putEscaped(bytes)
        }
        if isDone == nil { for byte in utf8 { put(escaping: byte) } }
        put("\"")
    }

    private mutating func putEscaped(_ bytes: UnsafeBufferPointer<UInt8>) {
        // Exempt from formatting: the formatter joins `unsafe` and `byte`.
        // swift-format-ignore
        for unsafe byte in unsafe bytes { put(escaping: byte) }
    }

    @inline(__always) private mutating func put(escaping byte: UInt8) {
        if byte >= 0x20 && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\") {
            unsafe base[used] = byte
            used &+= 1
        } else {
            put(escapeOf: byte)
        }
    }

    private mutating func put(escapeOf byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""): put("\\\"")
        case UInt8(ascii: "\\"): put("\\\\")
        case 0x08: put("\\b")
        case 0x09: put("\\t")
        case 0x0a: put("\\n")
        case 0x0c: put("\\f")
        case 0x0d: put("\\r")
        default:
            put(byte < 0x10 ? "\\u000" : "\\u001")
            let digit = byte & 0x0f
            unsafe base[used] = digit < 10 ? digit &+ 48 : digit &+ 87
            used &+= 1
        }
    }

    /// Writes `json` with its line breaks replaced by spaces. Reserves room itself.
    @usableFromInline mutating func putOnOneLine(_ json: String) {
        let utf8 = json.utf8
        reserve(utf8.count)
        for byte in utf8 {
            unsafe base[used] = byte == 0x0a || byte == 0x0d ? 0x20 : byte
            used &+= 1
        }
    }

    // MARK: - Lines in another form: header and footer

    /// Opens an object whose first member is an integer, such as `{"trace":1`.
    mutating func open(_ key: StaticString, _ value: Int64) {
        lineStart = used
        reserve(32 &+ key.utf8CodeUnitCount)
        put("{\"")
        put(key)
        put("\":")
        put(value)
    }

    /// Adds an integer under a key that may need escaping.
    mutating func field(named key: String, _ value: Int64) {
        reserve(1)
        put(",")
        putEscaped(key)
        reserve(24)
        put(":")
        put(value)
    }

    /// Closes the object, without a line break, and returns its text.
    consuming func closed() -> String {
        reserve(1)
        put("}")
        return unsafe String(decoding: UnsafeBufferPointer(start: base, count: used), as: UTF8.self)
    }
}
