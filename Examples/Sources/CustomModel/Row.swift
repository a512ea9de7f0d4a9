import HTTPTypes
import Upstream

/// A row with a version (optimistic concurrency control). A read returns the version as `ETag`. A
/// write sends the version that it read in `If-Match` and succeeds only if that version is still
/// current; otherwise it gets 412.
///
/// It is a class, so that the program can read its counters after the flight.
final class Row: UpstreamModel {
    private static let latency: Int64 = 5_000_000
    private var version = 0
    private(set) var writes = 0
    private(set) var conflicts = 0

    /// The model needs the header fields of requests, because `If-Match` is one of them.
    var readsContent: Bool { true }

    func decide(_ request: ArrivedRequest, at instant: Int64) -> Decision {
        guard request.method != .get else { return answer(200) }
        writes += 1
        guard request.content?.headerFields[.ifMatch] == "\(version)" else {
            conflicts += 1
            return answer(412)
        }
        version += 1
        return answer(200)
    }

    /// Predicts the answer for the ground truth. It must not change anything.
    func foresee(_ request: ArrivedRequest, at instant: Int64) -> Decision { answer(200) }

    private func answer(_ status: Int) -> Decision {
        let answer = Answer(
            status: status, fields: [.eTag: "\(version)"],
            body: Array(#"{"version":\#(version)}"#.utf8))
        return Decision(ending: .answer(answer), delay: Self.latency)
    }
}
