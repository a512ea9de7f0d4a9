internal import CMicroHTTPD
import HTTPTypes
import Upstream

/// The responses of the last few different answers: most answers of an upstream are the same, and making
/// one anew costs as much as a request in all else that is done here.
///
/// Its owner calls ``removeAll()`` before it goes.
struct ResponseCache {
    @safe private struct Entry {
        let answer: Answer
        // The daemon counts those who use it; one of them is this cache.
        let response: OpaquePointer
    }

    private static let entriesMax = 4
    private var entries: [Entry] = []
    /// The one that goes next.
    private var oldest = 0

    /// The response for an answer; it belongs to the cache. nil where there is no memory, or a field that
    /// no daemon sends.
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
    /// Whether it looks the same on the wire. Equal bodies are mostly one and the same, which is seen
    /// at once.
    fileprivate func isSame(as other: Answer) -> Bool {
        status == other.status && body == other.body
            && fields.elementsEqual(other.fields) {
                $0.name.rawName == $1.name.rawName && $0.value == $1.value
            }
    }
}
