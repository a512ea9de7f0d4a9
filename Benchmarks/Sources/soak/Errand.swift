import APIClient
import HTTPTypes
import MockUpstream
import Upstream

/// One request of the soak and the result that it must have.
struct Errand {
    let number: Int

    /// An unexpected result. It ends the soak.
    struct Surprise: Error, CustomStringConvertible {
        let description: String
    }

    /// The fault that the request asks for. Of 1 000 requests, 40 meet a fault, and 100 ask for
    /// something that the cache must keep.
    private var fault: Fault? {
        let place = number % 1_000
        return place % 25 == 24 ? Fault.allCases[place / 25 % Fault.allCases.count] : nil
    }

    func run(by client: APIClient) async throws {
        guard let fault else {
            let isKept = number % 10 == 3
            let answer = try await client.get(
                isKept ? "/things/\(number)" : "/things", useCache: isKept)
            guard answer.statusCode == 200 else {
                throw Surprise(description: "request \(number): status \(answer.statusCode)")
            }
            return
        }
        do {
            let answer = try await answer(to: fault, client)
            throw Surprise(description: "request \(number): \(answer.statusCode) after \(fault)")
        } catch let error as APIError {
            guard error.code == fault.error else {
                throw Surprise(description: "request \(number): \(error) after \(fault)")
            }
        }
    }

    private func answer(to fault: Fault, _ client: APIClient) async throws -> APIResponse {
        guard fault == .hang else { return try await client.get("/\(fault)", useCache: false) }
        return try await withThrowingTaskGroup(of: APIResponse?.self) { group in
            group.addTask { try await client.get("/\(fault)", useCache: false) }
            group.addTask {
                try await Task.sleep(for: .milliseconds(20))
                return nil
            }
            if let answer = try await group.next(), let answer { return answer }
            group.cancelAll()
            guard let last = try await group.next(), let answer = last else {
                throw Surprise(description: "request \(number): the caller waited twice")
            }
            return answer
        }
    }
}

/// The fault that a path asks the upstream for.
enum Fault: String, CaseIterable {
    case reset, resetMidBody, truncated, empty, garbage, unavailable, hang

    var error: APIError.Code {
        switch self {
        case .hang: .cancelled
        default: .serverError
        }
    }

    var ending: Decision.Ending {
        switch self {
        case .reset: .broken(.reset, .thing)
        case .resetMidBody: .broken(.resetMidBody, .thing)
        case .truncated: .broken(.truncated, .thing)
        case .empty: .broken(.empty, .thing)
        case .garbage: .broken(.garbage, .thing)
        case .unavailable: .answer(Answer(status: 503, fields: [:], body: []))
        case .hang: .hang(beforeRequest: false)
        }
    }
}

/// An upstream that answers or fails as the path says.
struct Model: ExchangeSource {
    func performance(of request: ServedRequest) -> Performance {
        let fault = Fault(rawValue: String(request.target.dropFirst()))
        return Performance(
            decision: Decision(ending: fault?.ending ?? .answer(.thing), delay: 0), pace: .real)
    }
}

extension Answer {
    fileprivate static let thing = Answer(
        status: 200,
        fields: [.contentType: "application/json", .cacheControl: "max-age=300"],
        body: Array(#"{"id":7,"name":"Ann","email":"ann@example.com"}"#.utf8))
}
