import HTTPTypes
import Upstream

/// A row with a version. A read gives it as `ETag`; a write names in `If-Match` the one that it read, and
/// changes the row where that is the current one still. Else: 412.
///
/// A class, so that the program can look at it after the flight.
final class Row: UpstreamModel {
    private static let latency: Int64 = 5_000_000
    private var version = 0
    private(set) var writes = 0
    private(set) var conflicts = 0

    /// `If-Match` is a field.
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

    /// What would come of it, without changing anything.
    func foresee(_ request: ArrivedRequest, at instant: Int64) -> Decision { answer(200) }

    private func answer(_ status: Int) -> Decision {
        let answer = Answer(
            status: status, fields: [.eTag: "\(version)"],
            body: Array(#"{"version":\#(version)}"#.utf8))
        return Decision(ending: .answer(answer), delay: Self.latency)
    }
}
