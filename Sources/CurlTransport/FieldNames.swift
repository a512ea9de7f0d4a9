import HTTPTypes

/// A cache of field names by their bytes: an upstream sends the same few names all the time, and
/// making a name checks and lowers every character.
struct FieldNames {
    /// The names that the transport evaluates itself.
    enum Meaning { case length, coding, none }

    /// A class: it is passed on for each field, and a copy would retain every part.
    final class Entry {
        let bytes: [UInt8]
        let name: HTTPField.Name
        let meaning: Meaning

        init(bytes: [UInt8], name: HTTPField.Name) {
            (self.bytes, self.name) = (bytes, name)
            meaning =
                switch name {
                case .contentLength: .length
                case .contentEncoding: .coding
                default: .none
                }
        }
    }

    // Direct-mapped: a new name replaces the one in its slot.
    private var entries = [Entry?](repeating: nil, count: Self.count)
    private static let count = 128

    /// The entry for a name.
    /// - Returns: nil if HTTP does not allow the name.
    mutating func entry(_ bytes: UnsafeRawBufferPointer) -> Entry? {
        var hash: UInt32 = 2_166_136_261
        for index in bytes.indices {
            hash = unsafe (hash ^ UInt32(bytes[index])) &* 16_777_619
        }
        let place = Int((hash ^ hash >> 15) % UInt32(Self.count))
        if let known = entries[place], unsafe Self.equal(known.bytes, bytes) { return known }
        let text = unsafe String(decoding: bytes, as: UTF8.self)
        guard let name = HTTPField.Name(text) else { return nil }
        // Pseudo-header fields of HTTP/2 are not valid here.
        guard text.utf8.first != UInt8(ascii: ":") else { return nil }
        let entry = Entry(bytes: unsafe Array(bytes), name: name)
        entries[place] = entry
        return entry
    }

    private static func equal(_ known: [UInt8], _ bytes: UnsafeRawBufferPointer) -> Bool {
        unsafe known.count == bytes.count
            && known.withUnsafeBytes { unsafe $0.elementsEqual(bytes) }
    }
}
