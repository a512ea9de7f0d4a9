import APIClient
import Harness

/// `JSONValue`, the parser of requests' and responses' bodies: what it reads it writes, and reads
/// again as the same.
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
}

/// Whether two values are the same to a reader of JSON, which knows one kind of number and no
/// Unicode normalisation.
private func areSame(_ one: JSONValue, _ other: JSONValue) -> Bool {
    switch (one, other) {
    case (.number(let number), .integer(let integer)): number == Double(integer)
    case (.string(let text), .string(let otherText)): text.utf8.elementsEqual(otherText.utf8)
    case (.array(let items), .array(let others)): items.elementsEqual(others, by: areSame)
    case (.object(let members), .object(let others)):
        members.count == others.count
            && members.allSatisfy { key, value in
                others[key].map { areSame(value, $0) } ?? false
            }
    default: one == other
    }
}
