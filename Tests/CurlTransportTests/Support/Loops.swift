import APIClient
import CurlTransport
import HTTPTypes
import Testing

typealias Answer = Result<TransportResponse, TransportError>

/// The result of one transfer, taken from its completion.
final class Outcome {
    var answer: Answer?
}

extension CurlLoop {
    /// Begins a transfer and returns the object that will receive its result.
    func begin(
        _ request: TransportRequest, aim: CurlAim = .asAddressed, adding fields: HTTPFields = [:]
    ) -> (id: CurlTransferID, outcome: Outcome) {
        let outcome = Outcome()
        let id = start(request, aim: aim, adding: fields) { answer in
            #expect(outcome.answer == nil, "a completion is called once")
            outcome.answer = answer
        }
        return (id, outcome)
    }

    /// Turns the loop until the condition holds.
    func turn(until isReached: () -> Bool) throws {
        let deadline = ContinuousClock.now + .seconds(20)
        while true {
            turn()
            if isReached() { return }
            try #require(ContinuousClock.now < deadline, "nothing came of it within 20 s")
            wait(upTo: 20_000_000)
        }
    }

    /// Runs one transfer to its end.
    func end(
        of request: TransportRequest, aim: CurlAim = .asAddressed, adding fields: HTTPFields = [:]
    ) throws -> Answer {
        let outcome = begin(request, aim: aim, adding: fields).outcome
        try turn { outcome.answer != nil }
        return try #require(outcome.answer)
    }
}

extension Result where Success == TransportResponse, Failure == TransportError {
    var code: TransportError.Code? {
        guard case .failure(let error) = self else { return nil }
        return error.code
    }
    var error: TransportError? {
        guard case .failure(let error) = self else { return nil }
        return error
    }
    var response: TransportResponse? { try? get() }
}

/// A GET of `/` over HTTP.
func get(
    _ peer: Peer, _ target: String = "/", timeout: Duration = .seconds(10)
) -> TransportRequest {
    TransportRequest(
        .get, scheme: "http", authority: peer.authority, target: target, timeout: timeout)
}

func answer(_ body: String, status: String = "200 OK", fields: String = "") -> Peer.Step {
    .write("HTTP/1.1 \(status)\r\n\(fields)Content-Length: \(body.utf8.count)\r\n\r\n\(body)")
}
