internal import CCurl
import HTTPTypes

/// A request in the form that libcurl reads: URL, field lines and body, in memory that stays in
/// place until the next request is written. One block serves all requests of an exchange; libcurl
/// itself would make two allocations for each field.
@safe struct RequestBytes: ~Copyable {
    private var bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: 1_024, alignment: 1)
    private var nodes = UnsafeMutableBufferPointer<curl_slist>.allocate(capacity: 16)
    private var count = 0
    private var starts: [Int] = []

    deinit {
        unsafe bytes.deallocate()
        unsafe nodes.deallocate()
    }

    /// Removes the request. A block above 64 KiB is released, so that one large body does not keep
    /// its memory for ever.
    mutating func clear() {
        if unsafe bytes.count > 65_536 {
            unsafe bytes.deallocate()
            unsafe bytes = .allocate(byteCount: 1_024, alignment: 1)
        }
        count = 0
        starts.removeAll(keepingCapacity: true)
    }

    /// Appends a text and a zero byte.
    /// - Returns: the offset of the text.
    mutating func append(text: String) -> Int {
        let start = count
        append(text)
        append(byte: 0)
        return start
    }

    /// Appends scheme, authority and target as one URL.
    /// - Returns: the offset of the URL.
    mutating func append(address scheme: String, _ authority: String, _ target: String) -> Int {
        let start = count
        append(scheme)
        append("://")
        append(authority)
        append(target)
        append(byte: 0)
        return start
    }

    /// Appends a body.
    /// - Returns: the offset of the body.
    mutating func append(body: [UInt8]) -> Int {
        let start = count
        unsafe body.withUnsafeBytes { unsafe append($0) }
        return start
    }

    /// Appends a field line such as `Accept: text/plain`. An empty value is written as `Name;`: for
    /// a line without a value libcurl would remove the field instead.
    mutating func append(field: HTTPField) {
        starts.append(count)
        append(field.name.rawName)
        unsafe field.withUnsafeBytesOfValue { value in
            if value.isEmpty {
                append(byte: UInt8(ascii: ";"))
            } else {
                append(byte: UInt8(ascii: ":"))
                append(byte: UInt8(ascii: " "))
                unsafe append(UnsafeRawBufferPointer(value))
            }
        }
        append(byte: 0)
    }

    /// Appends a field line in libcurl's format.
    mutating func append(line: String) {
        starts.append(count)
        append(line)
        append(byte: 0)
    }

    /// A pointer to the text at an offset. It is valid until the next change.
    func pointer(_ start: Int) -> UnsafeMutablePointer<CChar>? {
        unsafe bytes.baseAddress.map {
            unsafe ($0 + start).assumingMemoryBound(to: CChar.self)
        }
    }

    /// The field lines as libcurl's list; nil if there are none. It is valid until the next change.
    mutating func list() -> UnsafeMutablePointer<curl_slist>? {
        if starts.isEmpty { return nil }
        if unsafe starts.count > nodes.count {
            unsafe nodes.deallocate()
            unsafe nodes = .allocate(capacity: 2 * starts.count)
        }
        guard let first = unsafe nodes.baseAddress else { return nil }
        for (index, start) in starts.enumerated() {
            let next = index + 1 < starts.count ? unsafe first + index + 1 : nil
            unsafe (first + index).initialize(to: curl_slist(data: pointer(start), next: next))
        }
        return unsafe first
    }

    private mutating func append(_ text: String) {
        var text = text
        text.withUTF8 { unsafe append(UnsafeRawBufferPointer($0)) }
    }

    private mutating func append(byte: UInt8) {
        makeRoom(for: 1)
        unsafe bytes[count] = byte
        count += 1
    }

    private mutating func append(_ more: UnsafeRawBufferPointer) {
        guard more.count > 0 else { return }
        makeRoom(for: more.count)
        unsafe UnsafeMutableRawBufferPointer(rebasing: bytes[count..<(count + more.count)])
            .copyMemory(from: more)
        count += more.count
    }

    private mutating func makeRoom(for more: Int) {
        guard unsafe count + more > bytes.count else { return }
        let larger = UnsafeMutableRawBufferPointer.allocate(
            byteCount: 2 * (count + more), alignment: 1)
        unsafe larger.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[..<count]))
        unsafe bytes.deallocate()
        unsafe bytes = larger
    }
}
