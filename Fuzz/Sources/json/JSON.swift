import APIClient
import Harness

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// `JSONValue`, the parser of requests' and responses' bodies: what it reads it writes, and reads
/// again as the same, and `JSONDecoder` reads the same.
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
    // The decoder's time grows with the square of the depth. It also reads what is no JSON.
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

/// Whether two values are the same to a reader of JSON, which knows one kind of number and no
/// Unicode normalisation.
private func areSame(_ one: JSONValue, _ other: JSONValue) -> Bool {
    switch (one, other) {
    case (.integer(let integer), .integer(let other)):
        // Of a long number with a fraction one rounds to the nearest double, the other cuts off.
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
