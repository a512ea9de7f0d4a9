internal import CMicroHTTPD
import HTTPTypes
import Upstream

/// A cache of the last few different responses: most answers of an upstream are equal, and making a
/// response costs as much as all other work of the server for a request.
///
/// Its owner must call ``removeAll()`` before releasing it.
struct ResponseCache {
    @safe private struct Entry {
        let answer: Answer
        // The daemon counts the references; one of them is this cache's.
        let response: OpaquePointer
    }

    private static let entriesMax = 4
    private var entries: [Entry] = []
    /// The index of the entry that is replaced next.
    private var oldest = 0

    /// The response for an answer; the cache owns it. nil if memory is short, or libmicrohttpd
    /// refuses a field.
    mutating func response(for answer: Answer) -> OpaquePointer? {
        if let known = entries.first(where: { $0.answer.isSame(as: answer) }) {
            return unsafe known.response
        }
        guard let made = unsafe Response.complete(answer) else { return nil }
        let entry = unsafe Entry(answer: answer, response: made)
        if entries.count < Self.entriesMax {
            entries.append(entry)
        } else {
            unsafe MHD_destroy_response(entries[oldest].response)
            entries[oldest] = entry
            oldest = (oldest + 1) % Self.entriesMax
        }
        return unsafe made
    }

    mutating func removeAll() {
        for entry in entries { unsafe MHD_destroy_response(entry.response) }
        entries = []
    }
}

extension Answer {
    /// Whether both look the same on the wire. Equal bodies mostly share their storage, so
    /// comparing is fast.
    fileprivate func isSame(as other: Answer) -> Bool {
        status == other.status && body == other.body
            && fields.elementsEqual(other.fields) {
                $0.name.rawName == $1.name.rawName && $0.value == $1.value
            }
    }
}
