#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Builds compact JSON lines, fast, in a byte buffer that it owns.
///
/// A line consists of `begin`, any number of fields, and `end`. A line causes no allocation: the buffer grows when
/// necessary and is passed to a `TraceWriter` when it is full. Members keep the order in which they were written.
///
/// If a class stores a buffer, write a whole line in one `mutating` method of an extension: the check for
/// exclusive access is then made once per line instead of once per field.
@safe public struct LineBuffer: ~Copyable {
    /// The size of a full chunk in bytes: 256 KiB.
    public static let chunkCapacity = 262_144

    @usableFromInline var base: UnsafeMutablePointer<UInt8>
    @usableFromInline var used: Int
    @usableFromInline var capacity: Int
    /// The start position of the current line or, between lines, of the last one.
    @usableFromInline var lineStart: Int
    @usableFromInline var lines: UInt64

    /// Makes an empty buffer.
    /// - Parameter capacity: the initial capacity in bytes, at least 1; it grows as needed. Defaults to
    ///   ``chunkCapacity``.
    public init(capacity: Int = LineBuffer.chunkCapacity) {
        precondition(capacity > 0, "a buffer has room for a byte")
        unsafe base = .allocate(capacity: capacity)
        self.capacity = capacity
        used = 0
        lineStart = 0
        lines = 0
    }

    deinit { unsafe base.deallocate() }

    /// Number of bytes written.
    @inlinable public var count: Int { used }

    /// Number of complete lines.
    @inlinable public var lineCount: UInt64 { lines }

    /// Whether the buffer should be passed to the writer: less than 4 096 bytes are left in the chunk, so the
    /// next line might make it grow.
    @inlinable public var isFull: Bool { used > LineBuffer.chunkCapacity &- 4_096 }

    /// A copy of the bytes written.
    public var bytes: [UInt8] { unsafe Array(UnsafeBufferPointer(start: base, count: used)) }

    /// Whether the bytes written contain a text. Fast if its first byte is rare.
    public func contains(_ text: [UInt8]) -> Bool {
        guard let first = text.first else { return true }
        var start = 0
        while used - start >= text.count,
            let found = unsafe memchr(base + start, Int32(first), used - start - text.count + 1)
        {
            let place = UnsafeRawPointer(found)
            if unsafe memcmp(place, text, text.count) == 0 { return true }
            start = unsafe place - UnsafeRawPointer(base) + 1
        }
        return false
    }

    /// Removes everything written and keeps the memory.
    @inlinable public mutating func removeAll() {
        used = 0
        lineStart = 0
        lines = 0
    }

    /// Whether the buffer is empty or ends with a complete line.
    var endsWithLine: Bool { unsafe used == 0 || base[used - 1] == 0x0a }

    // MARK: - A line

    /// Begins a line, such as `{"t":123`.
    ///
    /// - Parameter t: the instant, in nanoseconds of virtual time.
    @inlinable @inline(__always)
    public mutating func begin(_ t: Int64) {
        lineStart = used
        reserve(48)
        put(TraceEvent.Field.opening)
        put(t)
    }

    /// Ends the line.
    @inlinable @inline(__always)
    public mutating func end() {
        reserve(2)
        put("}\n")
        lines &+= 1
    }

    // MARK: - Fields. A key is a literal that needs no escaping

    /// Adds an integer.
    @inlinable @inline(__always)
    public mutating func field(_ key: StaticString, _ value: Int64) {
        reserve(32 &+ key.utf8CodeUnitCount)
        put(key: key)
        put(value)
    }

    /// Adds an integer.
    @inlinable @inline(__always)
    public mutating func field(_ key: StaticString, _ value: Int) {
        field(key, Int64(value))
    }

    /// Adds an integer.
    @inlinable @inline(__always)
    public mutating func field(_ key: StaticString, _ value: UInt64) {
        reserve(32 &+ key.utf8CodeUnitCount)
        put(key: key)
        unsafe used &+= Self.putDecimal(value, at: base + used)
    }

    /// Adds `true` or `false`.
    @inlinable @inline(__always)
    public mutating func field(_ key: StaticString, _ value: Bool) {
        reserve(16 &+ key.utf8CodeUnitCount)
        put(key: key)
        if value { put("true") } else { put("false") }
    }

    /// Adds a string that needs no escaping: it has no quote, backslash or control character.
    @inlinable @inline(__always)
    public mutating func field(_ key: StaticString, _ value: StaticString) {
        reserve(8 &+ key.utf8CodeUnitCount &+ value.utf8CodeUnitCount)
        put(key: key)
        put("\"")
        put(value)
        put("\"")
    }

    /// Adds a string, with escapes where JSON requires them.
    @inlinable @inline(__always)
    public mutating func field(_ key: StaticString, _ value: String) {
        reserve(8 &+ key.utf8CodeUnitCount)
        put(key: key)
        putEscaped(value)
    }

    /// Adds a value that is JSON text already.
    ///
    /// Line breaks in it become spaces, so that an object stays on one line. JSON allows them between tokens only.
    /// - Parameters:
    ///   - key: a key that needs no escaping.
    ///   - json: one JSON value.
    @inlinable public mutating func raw(_ key: StaticString, json: String) {
        reserve(8 &+ key.utf8CodeUnitCount)
        put(key: key)
        putOnOneLine(json)
    }

    /// Adds a value that is JSON text already, under a key that may need escaping.
    mutating func raw(named key: String, json: String) {
        reserve(1)
        put(",")
        putEscaped(key)
        reserve(1)
        put(":")
        putOnOneLine(json)
    }

    // MARK: - Lists of integers

    /// Opens a list, such as `,"f":[`.
    @inlinable public mutating func openArray(_ key: StaticString) {
        reserve(8 &+ key.utf8CodeUnitCount)
        put(key: key)
        put("[")
    }

    /// Adds an integer to the open list.
    @inlinable public mutating func element(_ value: Int) {
        reserve(24)
        if unsafe base[used &- 1] != UInt8(ascii: "[") { put(",") }
        put(Int64(value))
    }

    /// Closes the open list.
    @inlinable public mutating func closeArray() {
        reserve(1)
        put("]")
    }

    // MARK: - Lines of other buffers

    /// Appends a copy of all lines of `other`.
    public mutating func append(_ other: borrowing LineBuffer) {
        unsafe append(other.base, other.used)
        lines &+= other.lines
    }

    /// Appends a copy of the last line of `other`; nothing if it has none.
    ///
    /// For `--trace failures`: every line goes to the common buffer, and a copy is held with its request until
    /// it is known whether the request fails.
    public mutating func append(lastLineOf other: borrowing LineBuffer) {
        guard other.lines > 0, other.used > other.lineStart else { return }
        unsafe append(other.base + other.lineStart, other.used &- other.lineStart)
        lines &+= 1
    }

    private mutating func append(_ bytes: UnsafeMutablePointer<UInt8>, _ count: Int) {
        guard count > 0 else { return }
        reserve(count)
        lineStart = used
        unsafe (base + used).update(from: bytes, count: count)
        used &+= count
    }
}

// Safe: one value owns the bytes, and only that value accesses them.
extension LineBuffer: @unchecked Sendable {}

// MARK: - Memory

extension LineBuffer {
    /// Ensures room for `extra` more bytes.
    @inlinable @inline(__always) mutating func reserve(_ extra: Int) {
        if capacity &- used < extra { grow(extra) }
    }

    @usableFromInline mutating func grow(_ extra: Int) {
        let larger = max(capacity * 2, used + extra)
        let moved = UnsafeMutablePointer<UInt8>.allocate(capacity: larger)
        unsafe moved.update(from: base, count: used)
        unsafe base.deallocate()
        unsafe base = moved
        capacity = larger
    }

    /// The buffer's memory without its owner. The holder must return it to a `LineBuffer`, which frees it.
    consuming func take() -> Chunk {
        let chunk = unsafe Chunk(base: base, used: used, capacity: capacity, lines: lines)
        discard self
        return chunk
    }

    /// Takes over the memory of `chunk`.
    init(_ chunk: Chunk) {
        unsafe base = chunk.base
        used = chunk.used
        capacity = chunk.capacity
        lines = chunk.lines
        lineStart = 0
    }
}

/// The parts of a `LineBuffer` in a copyable form, for storage in an array. The holder owns the memory.
@safe struct Chunk {
    var base: UnsafeMutablePointer<UInt8>
    var used: Int
    var capacity: Int
    var lines: UInt64
}
