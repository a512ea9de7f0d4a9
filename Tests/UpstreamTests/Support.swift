import KeyedChance
import HTTPTypes

@testable import Upstream

let ms: Int64 = 1_000_000
let second: Int64 = 1_000_000_000
/// 2026-01-01T00:00:00Z, a Thursday.
let newYear: Int64 = 1_767_225_600_000_000_000

/// The first attempt of a request, a GET of `/v1/users/7` unless told otherwise.
func arrival(
    _ request: UInt64 = 0, attempt: UInt32 = 1, method: HTTPRequest.Method = .get,
    path: String = "/v1/users/7", client: UInt32 = 0
) -> ArrivedRequest {
    ArrivedRequest(
        method: method, path: path, client: client, request: request, attempt: attempt)
}

func upstream(
    latency: Distribution = .fixed(40 * ms), routes: [Route] = [], _ faults: [Fault] = [],
    reference: Int64 = 5 * second, seed: UInt64 = 42, epoch: Int64 = newYear
) -> FaultyUpstream {
    FaultyUpstream(
        UpstreamConfiguration(
            latency: latency, routes: routes, faults: faults, referenceTimeout: reference),
        seed: seed, epoch: epoch)
}

func status(
    _ status: Int, _ schedule: Schedule = .always, scope: Fault.Scope = .init(),
    _ frequency: Fault.Frequency = .always, retryAfter: RetryAfterField? = nil
) -> Fault {
    Fault(
        schedule: schedule, scope: scope, frequency: frequency,
        effect: .status(StatusFault(status: status, retryAfter: retryAfter)))
}

func slow(
    _ distribution: Distribution, _ schedule: Schedule = .always,
    _ frequency: Fault.Frequency = .always
)
    -> Fault
{
    Fault(
        schedule: schedule, frequency: frequency,
        effect: .latency(LatencyFault(distribution: distribution)))
}

func percent(_ share: UInt64) -> Fault.Frequency { .probability(Ratio(share, of: 100)) }

extension Decision {
    /// The ending as a status or a kind.
    var word: String {
        switch ending {
        case .answer(let answer): "\(answer.status)"
        case .broken(let breakage, _): breakage.rawValue
        case .hang(let beforeRequest): beforeRequest ? "handshake_hang" : "hang"
        }
    }

    var answer: Answer? { if case .answer(let answer) = ending { answer } else { nil } }

    /// A description of all its values, for comparisons.
    var description: String {
        "\(word) \(delay) \(notBefore ?? -1) \(touchedBy) \(shadowed) \(answer?.body ?? []) "
            + (answer?.fields.map { "\($0)" }.joined(separator: ",") ?? "")
    }
}

extension Answer {
    var text: String { String(decoding: body, as: UTF8.self) }
}
