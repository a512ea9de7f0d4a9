/// The text of a file, compressed or not, as a stream of bytes. Move-only: one owner.
@safe struct TraceSource: ~Copyable {
    /// The ten bytes at the beginning of a file by `Deflater`.
    private static let writersHeader: [UInt8] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 4, 3]
    private static let inputCapacity = 65_536

    let isCompressed: Bool
    let hasWritersHeader: Bool

    private let path: String
    private let file: FileDescriptor
    private let inflater: Inflater
    // Bytes of the file; `position..<filled` is not consumed yet.
    private let input: UnsafeMutablePointer<UInt8>
    private var position = 0
    private var filled: Int
    private var isEnded = false
    /// The error to throw once everything before it was delivered; nil: none.
    private var failure: TraceError?
    /// Number of bytes of the file that were consumed.
    private(set) var bytesUsed: UInt64 = 0

    init(path: String) throws(TraceError) {
        let file = try FileDescriptor(reading: path)
        let inflater = try Inflater(path: path)
        // Reads repeatedly, so that short reads from a pipe do not hide the first bytes.
        let first = try Self.firstBytes(of: file)
        guard let start = first.first else {
            throw TraceError(code: .empty, path: path, message: "is empty")
        }
        let magic = Self.writersHeader.prefix(2)
        let isCompressed = first.prefix(2).elementsEqual(magic.prefix(first.count))
        guard isCompressed || start == UInt8(ascii: "{") else {
            throw TraceError(
                code: .notTrace, path: path, message: "is neither gzip nor JSON lines", byte: 0)
        }
        self.isCompressed = isCompressed
        hasWritersHeader = first.starts(with: Self.writersHeader)
        self.path = path
        self.file = file
        self.inflater = inflater
        unsafe input = .allocate(capacity: Self.inputCapacity)
        for (index, byte) in first.enumerated() { unsafe input[index] = byte }
        filled = first.count
    }

    deinit { unsafe input.deallocate() }

    private static func firstBytes(
        of file: borrowing FileDescriptor
    ) throws(TraceError) -> [UInt8] {
        let place = UnsafeMutablePointer<UInt8>.allocate(capacity: writersHeader.count)
        defer { unsafe place.deallocate() }
        var count = 0
        while count < writersHeader.count {
            let room = writersHeader.count - count
            let got = unsafe try file.read(into: place + count, count: room)
            if got == 0 { break }
            count += got
        }
        return unsafe Array(UnsafeBufferPointer(start: place, count: count))
    }

    /// Reads a part of the text into `output`.
    /// - Returns: the number of bytes; 0: the complete file has ended.
    /// - Throws: `truncated`, `corrupt`, `trailingGarbage`, `readFailed`, `outOfMemory`.
    mutating func read(into output: UnsafeMutableBufferPointer<UInt8>) throws(TraceError) -> Int {
        while true {
            if let failure { throw failure }
            if isEnded { return 0 }
            if position == filled {
                filled = unsafe try file.read(into: input, count: Self.inputCapacity)
                position = 0
                if filled == 0 { return try endOfFile() }
            }
            let made =
                isCompressed ? unsafe try decompress(into: output) : unsafe copy(into: output)
            if made > 0 { return made }
        }
    }

    /// Handles the end of the file, which is an error within compressed data.
    private mutating func endOfFile() throws(TraceError) -> Int {
        if !isCompressed { return 0 }
        throw error(.truncated, "the compressed data ends too early")
    }

    private mutating func copy(into output: UnsafeMutableBufferPointer<UInt8>) -> Int {
        let count = min(output.count, filled - position)
        guard let place = output.baseAddress else { return 0 }
        unsafe place.update(from: input + position, count: count)
        position += count
        bytesUsed += UInt64(count)
        return count
    }

    private mutating func decompress(
        into output: UnsafeMutableBufferPointer<UInt8>
    ) throws(TraceError) -> Int {
        let available = unsafe UnsafeBufferPointer(
            start: input + position, count: filled - position)
        let step = unsafe try inflater.inflate(available, into: output, path: path)
        position += step.used
        bytesUsed += UInt64(step.used)
        switch step.step {
        case .more: break
        case .corrupt(let reason):
            failure = error(.corrupt, "the compressed data is damaged: \(reason)")
        case .end: try endOfData()
        }
        return step.made
    }

    /// Handles the end of the compressed data. Nothing may follow it, not even a second gzip member, since a
    /// trace is written as one.
    private mutating func endOfData() throws(TraceError) {
        isEnded = true
        if position == filled {
            filled = unsafe try file.read(into: input, count: Self.inputCapacity)
            position = 0
        }
        if position < filled {
            failure = error(.trailingGarbage, "bytes follow the end of the compressed data")
        }
    }

    private func error(_ code: TraceError.Code, _ message: String) -> TraceError {
        TraceError(code: code, path: path, message: message, byte: bytesUsed)
    }
}
