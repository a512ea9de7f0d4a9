import APIClient
import HTTPTypes
import Upstream

/// The result of an exchange in the form in which client and server must agree: status, end-to-end fields in
/// lower case, decoded body; or the kind of failure. Fields that only frame the message are left out.
enum CanonicalExchange: Equatable {
    case answer(status: Int, fields: [Field], body: [UInt8])
    case failure(TransportError.Code)
    /// No result arrived while the exchange was observed.
    case nothing

    struct Field: Equatable {
        let name: String
        let value: String
    }

    /// Fields that frame an HTTP/1.1 message or come from the server's clock.
    private static let framing: Set = [
        "date", "connection", "keep-alive", "content-length", "transfer-encoding",
    ]

    /// Makes the result that was decided.
    init(decided ending: Decision.Ending) {
        switch ending {
        case .answer(let answer):
            self = .answer(
                status: answer.status, fields: Self.canonical(answer.fields), body: answer.body)
        case .broken: self = .failure(TransportError(ending: ending).code)
        case .hang: self = .nothing
        }
    }

    /// Makes the result that the client saw; nil: it saw none.
    init(observed result: Result<TransportResponse, TransportError>?) {
        switch result {
        case .success(let response):
            self = .answer(
                status: response.statusCode, fields: Self.canonical(response.headerFields),
                body: response.body)
        case .failure(let error): self = .failure(error.code)
        case nil: self = .nothing
        }
    }

    /// Sorted by name. Fields of the same name keep their order, which has a meaning.
    private static func canonical(_ fields: HTTPFields) -> [Field] {
        let kept = fields.enumerated().compactMap { place, field -> (Int, Field)? in
            let name = field.name.canonicalName
            guard !framing.contains(name), field.name != ExchangeTable.field else { return nil }
            return (place, Field(name: name, value: field.value))
        }
        return kept.sorted { left, right in
            left.1.name == right.1.name
                ? left.0 < right.0
                : left.1.name.utf8.lexicographicallyPrecedes(right.1.name.utf8)
        }.map(\.1)
    }
}

extension CanonicalExchange: CustomStringConvertible {
    /// Status, fields and the beginning of the body, in one line.
    var description: String {
        switch self {
        case .answer(let status, let fields, let body):
            let shown = fields.map { "\($0.name): \($0.value)" }.joined(separator: ", ")
            let text = String(decoding: body.prefix(200), as: UTF8.self)
            return "\(status) {\(shown)} \(body.count) bytes \(text.debugDescription)"
        case .failure(let code): return "\(code)"
        case .nothing: return "nothing"
        }
    }
}
