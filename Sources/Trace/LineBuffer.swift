#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Builds compact JSON lines, fast, in a byte buffer that it owns.
///
/// A line is `begin`, any number of fields, `end`. Nothing is allocated for a line: the buffer
/// grows when it must and is handed to a `TraceWriter` when it is full. Members keep the order in
/// which they were written.
///
/// Where a buffer is stored in a class, write a whole line in one `mutating` method of an
/// extension: the check for exclusive access is then paid once a line, not once a field.
@safe public struct LineBuffer: ~Copyable {
    /// The bytes that a full chunk has by default: 256 KiB.
    public static let chunkCapacity = 262_144

    @usableFromInline var base: UnsafeMutablePointer<UInt8>
    @usableFromInline var used: Int
    @usableFromInline var capacity: Int
    /// Where the line that is being written, or was written last, begins.
    @usableFromInline var lineStart: Int
    @usableFromInline var lines: UInt64

    /// An empty buffer.
    /// - Parameter capacity: bytes to start with, at least 1; it grows as needed.
    public init(capacity: Int = LineBuffer.chunkCapacity) {
        precondition(capacity > 0, "a buffer has room for a byte")
        unsafe base = .allocate(capacity: capacity)
        self.capacity = capacity
        used = 0
        lineStart = 0
        lines = 0
    }

    deinit { unsafe base.deallocate() }

    /// Bytes written.
    @inlinable public var count: Int { used }

    /// Lines ended.
    @inlinable public var lineCount: UInt64 { lines }

    /// Whether it is time to hand the buffer to the writer: it holds a chunk's worth of lines, less
    /// the room that keeps the next one from growing it.
    @inlinable public var isFull: Bool { used > LineBuffer.chunkCapacity &- 4_096 }

    /// The bytes written, copied.
    public var bytes: [UInt8] { unsafe Array(UnsafeBufferPointer(start: base, count: used)) }

    /// Whether a text occurs in the bytes written. Fastest where its first byte is a rare one.
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

    /// Forgets what was written and keeps the memory.
    @inlinable public mutating func removeAll() {
        used = 0
        lineStart = 0
        lines = 0
    }

    /// Whether nothing was written, or a line's end was written last.
    var endsWithLine: Bool { unsafe used == 0 || base[used - 1] == 0x0a }

    // MARK: - A line

    /// Begins a line: `{"t":123`.
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

    // MARK: - Fields; a key is a literal that needs no escaping

    /// Adds a whole number.
    @inlinable @inline(__always)
    public mutating func field(_ key: StaticString, _ value: Int64) {
        reserve(32 &+ key.utf8CodeUnitCount)
        put(key: key)
        put(value)
    }

    /// Adds a whole number.
    @inlinable @inline(__always)
    public mutating func field(_ key: StaticString, _ value: Int) {
        field(key, Int64(value))
    }

    /// Adds a whole number.
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

    /// Adds a string that needs no escaping: no quote, backslash or control character.
    @inlinable @inline(__always)
    public mutating func field(_ key: StaticString, _ value: StaticString) {
        reserve(8 &+ key.utf8CodeUnitCount &+ value.utf8CodeUnitCount)
        put(key: key)
        put("\"")
        put(value)
        put("\"")
    }

    /// Adds a string, escaped where JSON asks for it.
    @inlinable @inline(__always)
    public mutating func field(_ key: StaticString, _ value: String) {
        reserve(8 &+ key.utf8CodeUnitCount)
        put(key: key)
        putEscaped(value)
    }

    /// Adds a value that is JSON already.
    ///
    /// A line break in it, which JSON allows between tokens only, becomes a space: one object, one
    /// line.
    /// - Parameters:
    ///   - key: needs no escaping.
    ///   - json: one JSON value.
    @inlinable public mutating func raw(_ key: StaticString, json: String) {
        reserve(8 &+ key.utf8CodeUnitCount)
        put(key: key)
        putOnOneLine(json)
    }

    /// Adds a value that is JSON already, under a key of any content.
    mutating func raw(named key: String, json: String) {
        reserve(1)
        put(",")
        putEscaped(key)
        reserve(1)
        put(":")
        putOnOneLine(json)
    }

    // MARK: - Lists of small numbers

    /// Opens a list: `,"f":[`.
    @inlinable public mutating func openArray(_ key: StaticString) {
        reserve(8 &+ key.utf8CodeUnitCount)
        put(key: key)
        put("[")
    }

    /// Adds a number to the open list.
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

    // MARK: - Other buffers' lines

    /// Adds a copy of all lines of `other`.
    public mutating func append(_ other: borrowing LineBuffer) {
        unsafe append(other.base, other.used)
        lines &+= other.lines
    }

    /// Adds a copy of the line that `other` ended last; nothing where it has none.
    ///
    /// For `--trace failures`: every line goes to the stream's buffer, and a copy waits with its
    /// request until it is known whether that fails.
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

// The bytes are owned by one value and reached through it alone.
extension LineBuffer: @unchecked Sendable {}

// MARK: - Memory

extension LineBuffer {
    /// Makes room for `extra` more bytes.
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

    /// The buffer's memory without its owner; whoever holds it gives it back to a `LineBuffer`.
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

/// A `LineBuffer` taken apart, so that an array can hold it. Whoever holds it owns the memory.
@safe struct Chunk {
    var base: UnsafeMutablePointer<UInt8>
    var used: Int
    var capacity: Int
    var lines: UInt64
}
