import APIClient
import Harness

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Fuzzes `JSONValue`, the parser of request and response bodies. A value that was read must be
/// equal after it is written and read again, and `JSONDecoder` must read the same value.
@main enum JSONFuzzer {
    static func main() { fuzz(parse) }
}

private func parse(_ input: [UInt8]) {
    guard let value = try? JSONValue(parsing: input) else { return }
    do {
        let again = try JSONValue(parsing: try value.serialized())
        require(areSame(value, again), "\(value) is written and read as \(again)")
    } catch {
        fatalError("\(value) was read and cannot be written and read again: \(error)")
    }
    // The time of `JSONDecoder` grows with the square of the depth. It also accepts texts that are
    // not JSON.
    guard input.count(where: { $0 == UInt8(ascii: "[") || $0 == UInt8(ascii: "{") }) < 20 else {
        return
    }
    do {
        let other = try JSONDecoder().decode(JSONValue.self, from: Data(input))
        require(areSame(value, other), "\(value) is \(other) to JSONDecoder")
    } catch {
        fatalError("\(value) is no JSON to JSONDecoder: \(error)")
    }
}

/// Whether two values are equal as JSON, which has one type of number and no Unicode normalisation.
private func areSame(_ one: JSONValue, _ other: JSONValue) -> Bool {
    switch (one, other) {
    case (.integer(let integer), .integer(let other)):
        // For a long number with a fraction, one parser rounds to the nearest double and the other
        // truncates.
        integer == other || abs(Double(integer) - Double(other)) <= abs(Double(integer)).ulp
    case (.number(let number), .integer(let integer)), (.integer(let integer), .number(let number)):
        number == Double(integer)
    case (.string(let text), .string(let other)): text.utf8.elementsEqual(other.utf8)
    case (.array(let items), .array(let others)): items.elementsEqual(others, by: areSame)
    case (.object(let members), .object(let others)):
        members.count == others.count
            && members.allSatisfy { key, value in
                others[key].map { areSame(value, $0) } ?? false
            }
    default: one == other
    }
}
