import HTTPTypes
import ScenarioFile
import Upstream

/// The means by which attempts are assigned to requests, most reliable first.
package enum RecognizedBy: String, Sendable, Hashable, CaseIterable {
    case idempotencyKey = "idempotency_key"
    case requestID = "request_id"
    case traceparent
    /// The same method, target and body as a request whose last attempt has failed.
    case content

    /// The name of the header field, or a description.
    package var name: String {
        switch self {
        case .idempotencyKey: "Idempotency-Key"
        case .requestID: "X-Request-Id"
        case .traceparent: "traceparent"
        case .content: "method, path and body"
        }
    }
}

/// The identity of the request that an arrival belongs to.
struct ServedIdentity: Hashable {
    let by: RecognizedBy
    /// The name from the client; empty: it gave none.
    private let name: String
    /// The scope within which the name is valid.
    private let place: String
    private let fingerprint: Fingerprint?

    /// Makes the identity from the most reliable name of the arrival. `common`: names that the scenario gives
    /// to all requests of a load, so that they identify none.
    init(_ arrival: ServedArrival, _ fingerprint: Fingerprint, ignoring common: Set<String>) {
        func named(_ field: HTTPField.Name) -> String? {
            arrival.headerFields[field].flatMap { $0.isEmpty || common.contains($0) ? nil : $0 }
        }
        if let key = named(.idempotencyKey) {
            // The same key with another body is a client's mistake, but still the same request.
            (by, name, self.fingerprint) = (.idempotencyKey, key, nil)
            place = arrival.method.rawValue + " " + arrival.path
        } else if let id = named(.requestID) {
            (by, name, self.fingerprint) = (.requestID, id, nil)
            place = arrival.method.rawValue + " " + arrival.target
        } else if let trace = named(.traceparent).flatMap({ Self.traceID($0) }) {
            // One trace may contain many requests.
            (by, name, place, self.fingerprint) = (.traceparent, trace, "", fingerprint)
        } else {
            (by, name, place, self.fingerprint) = (.content, "", "", fingerprint)
        }
    }

    /// The trace-id of a `traceparent`; nil: the value is invalid by W3C Trace Context, section 3.2.
    ///
    /// Valid is `version-traceid-parentid-flags`, with 2, 32, 16 and 2 lower-case hexadecimal digits. The version is
    /// not `ff`, and neither id is all zeros. Version `00` ends there; a later one may continue after a further `-`.
    private static func traceID(_ text: String) -> String? {
        let parts = text.utf8.split(
            separator: UInt8(ascii: "-"), maxSplits: 4, omittingEmptySubsequences: false)
        guard parts.count >= 4, zip(parts, [2, 32, 16, 2]).allSatisfy({ $0.count == $1 }),
            parts.prefix(4).allSatisfy({ $0.allSatisfy(isLowerCaseHexadecimal) }),
            !parts[0].elementsEqual("ff".utf8),
            parts.count == 4 || !parts[0].elementsEqual("00".utf8),
            parts[1...2].allSatisfy({ $0.contains { $0 != UInt8(ascii: "0") } })
        else { return nil }
        return String(Substring(parts[1]))
    }

    private static func isLowerCaseHexadecimal(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"): true
        default: false
        }
    }

    /// The names that a load of the scenario gives to all its requests.
    static func common(_ loads: [Load]) -> Set<String> {
        let fields = [HTTPField.Name.idempotencyKey, .requestID, .traceparent].map(\.canonicalName)
        return Set(
            loads.flatMap(\.headers).filter { fields.contains($0.name.lowercased()) }.map(\.value))
    }
}

/// A hash of method, target and body in 128 bits, by FNV-1a. Equal requests have equal hashes; different
/// requests have equal ones with a probability of about 2^-128.
struct Fingerprint: Hashable {
    private static let prime: UInt128 = 0x0000_0000_0100_0000_0000_0000_0000_013B
    private var value: UInt128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d

    init(_ arrival: ServedArrival) {
        add(arrival.method.rawValue.utf8)
        add(arrival.target.utf8)
        add(arrival.body)
    }

    /// Adds the bytes and a separator that is not a byte value.
    private mutating func add(_ bytes: some Sequence<UInt8>) {
        for byte in bytes { mix(UInt128(byte)) }
        mix(256)
    }

    private mutating func mix(_ part: UInt128) { value = (value ^ part) &* Self.prime }
}
