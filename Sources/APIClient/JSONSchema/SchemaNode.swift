/// One parsed schema. It is a class so that checking copies nothing.
final class SchemaNode: Sendable {
    /// Whether the schema is `false`, which allows no value.
    let isNever: Bool
    let types: TypeSet?
    let values: SchemaValues?
    let constant: SchemaValues?
    let numbers: NumberRules?
    let strings: StringRules?
    let arrays: ArrayRules?
    let objects: ObjectRules?
    let choices: ChoiceRules?

    init(
        isNever: Bool = false, types: TypeSet? = nil, values: SchemaValues? = nil,
        constant: SchemaValues? = nil, numbers: NumberRules? = nil, strings: StringRules? = nil,
        arrays: ArrayRules? = nil, objects: ObjectRules? = nil, choices: ChoiceRules? = nil
    ) {
        self.isNever = isNever
        self.types = types
        self.values = values
        self.constant = constant
        self.numbers = numbers
        self.strings = strings
        self.arrays = arrays
        self.objects = objects
        self.choices = choices
    }

    /// The schemas that apply to the same value, not to one inside of it.
    var inPlace: [Int] {
        var nodes = objects?.dependencies.compactMap(\.schema) ?? []
        guard let choices else { return nodes }
        nodes += choices.all + choices.any + choices.one
        nodes += [choices.not, choices.condition, choices.then, choices.otherwise].compactMap(
            \.self)
        return nodes
    }
}

/// A set of JSON types.
struct TypeSet: OptionSet, Sendable {
    let rawValue: UInt8

    static let null = TypeSet(rawValue: 1)
    static let boolean = TypeSet(rawValue: 2)
    static let integer = TypeSet(rawValue: 4)
    /// Any number, with or without a fraction.
    static let number = TypeSet(rawValue: 8)
    static let string = TypeSet(rawValue: 16)
    static let array = TypeSet(rawValue: 32)
    static let object = TypeSet(rawValue: 64)

    static let named: [(name: String, type: TypeSet)] = [
        ("null", .null), ("boolean", .boolean), ("integer", .integer), ("number", .number),
        ("string", .string), ("array", .array), ("object", .object),
    ]

    func allows(_ value: JSONValue) -> Bool {
        switch value {
        case .null: contains(.null)
        case .bool: contains(.boolean)
        case .integer: !isDisjoint(with: [.integer, .number])
        case .number(let value):
            contains(.number) || contains(.integer) && JSONNumber(value).isWhole
        case .string: contains(.string)
        case .array: contains(.array)
        case .object: contains(.object)
        }
    }

    /// The types as text, such as `string or null`.
    var names: String {
        let names = Self.named.filter { contains($0.type) }.map(\.name)
        return names.isEmpty ? "any allowed type" : names.joined(separator: " or ")
    }
}

struct NumberRules: Sendable {
    var multipleOf: JSONNumber?
    var minimum: JSONNumber?
    var maximum: JSONNumber?
    var exclusiveMinimum: JSONNumber?
    var exclusiveMaximum: JSONNumber?
}

/// A pattern with its source text.
struct NamedPattern: Sendable {
    let text: String
    let pattern: Pattern
}

final class StringRules: Sendable {
    let lengthMin: Int?
    let lengthMax: Int?
    let pattern: NamedPattern?

    init(lengthMin: Int?, lengthMax: Int?, pattern: NamedPattern?) {
        self.lengthMin = lengthMin
        self.lengthMax = lengthMax
        self.pattern = pattern
    }
}

/// The keywords for arrays. Schemas are indices of nodes.
final class ArrayRules: Sendable {
    /// The schemas of the first items, by position.
    let first: [Int]
    /// The schema of all further items; nil: any value is allowed.
    let rest: Int?
    /// The keyword that `rest` comes from: `items` or `additionalItems`.
    let restKeyword: String
    let countMin: Int?
    let countMax: Int?
    let isUnique: Bool
    let contains: Int?

    init(
        first: [Int], rest: Int?, restKeyword: String, countMin: Int?, countMax: Int?,
        isUnique: Bool, contains: Int?
    ) {
        self.first = first
        self.rest = rest
        self.restKeyword = restKeyword
        self.countMin = countMin
        self.countMax = countMax
        self.isUnique = isUnique
        self.contains = contains
    }
}

/// The keywords for objects. Schemas are indices of nodes; lists are sorted by the bytes of their
/// keys.
final class ObjectRules: Sendable {
    struct Property: Sendable {
        let key: String
        let schema: Int
    }

    struct PatternProperty: Sendable {
        let pattern: NamedPattern
        let schema: Int
    }

    /// A dependency: other keys that are required, or a schema that applies, if the key is present.
    struct Dependency: Sendable {
        let key: String
        let required: [String]
        let schema: Int?
    }

    let properties: [Property]
    let patterns: [PatternProperty]
    let additional: Int?
    let names: Int?
    let required: [String]
    let dependencies: [Dependency]
    let countMin: Int?
    let countMax: Int?
    /// The keys in `properties`, for fast lookup.
    let declared: [String: JSONValue]

    init(
        properties: [Property], patterns: [PatternProperty], additional: Int?, names: Int?,
        required: [String], dependencies: [Dependency], countMin: Int?, countMax: Int?
    ) {
        self.properties = properties
        self.patterns = patterns
        self.additional = additional
        self.names = names
        self.required = required
        self.dependencies = dependencies
        self.countMin = countMin
        self.countMax = countMax
        declared = Dictionary(
            properties.map { ($0.key, .null) }, uniquingKeysWith: { first, _ in first })
    }
}

/// The keywords that apply further schemas to the same value. Schemas are indices of nodes.
final class ChoiceRules: Sendable {
    let all: [Int]
    let any: [Int]
    let one: [Int]
    let not: Int?
    let condition: Int?
    let then: Int?
    let otherwise: Int?

    init(
        all: [Int], any: [Int], one: [Int], not: Int?, condition: Int?, then: Int?, otherwise: Int?
    ) {
        self.all = all
        self.any = any
        self.one = one
        self.not = not
        self.condition = condition
        self.then = then
        self.otherwise = otherwise
    }
}

/// A schema with all schemas that it refers to.
final class SchemaProgram: Sendable {
    /// The parsed schemas; the first is the whole document.
    let nodes: [SchemaNode]
    /// The schema's JSON as canonical bytes.
    let source: [UInt8]
    /// The FNV-1a hash of `source`.
    let digest: UInt64

    init(nodes: [SchemaNode], source: [UInt8]) {
        self.nodes = nodes
        self.source = source
        digest = source.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    }
}
