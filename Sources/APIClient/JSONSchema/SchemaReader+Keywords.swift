extension SchemaReader {
    typealias Members = [String: JSONValue]

    mutating func node(
        of members: Members, at location: Int
    ) throws(JSONSchemaError) -> SchemaNode {
        if let definitions = members["definitions"] {
            _ = try schemas("definitions", of: definitions, at: location)
        }
        return SchemaNode(
            types: try types(members["type"], at: location),
            values: try values(members["enum"], at: location),
            constant: members["const"].map { SchemaValues([$0]) },
            numbers: try numbers(members, at: location),
            strings: try strings(members, at: location),
            arrays: try arrays(members, at: location),
            objects: try objects(members, at: location),
            choices: try choices(members, at: location))
    }

    // MARK: - Any value

    private func types(_ value: JSONValue?, at location: Int) throws(JSONSchemaError) -> TypeSet? {
        guard let value else { return nil }
        let names: [JSONValue] = if case .array(let names) = value { names } else { [value] }
        var types: TypeSet = []
        for name in names {
            guard let type = TypeSet.named.first(where: { name == .string($0.name) })?.type else {
                throw error(
                    location, "type",
                    "must be one or several of null, boolean, integer, number, string, array, object"
                )
            }
            types.insert(type)
        }
        return types
    }

    private func values(
        _ value: JSONValue?, at location: Int
    ) throws(JSONSchemaError) -> SchemaValues? {
        guard let value else { return nil }
        guard case .array(let values) = value else {
            throw error(location, "enum", "must be an array")
        }
        return SchemaValues(values)
    }

    // MARK: - Numbers and texts

    private func numbers(
        _ members: Members, at location: Int
    ) throws(JSONSchemaError) -> NumberRules? {
        let rules = NumberRules(
            multipleOf: try number("multipleOf", members, at: location),
            minimum: try number("minimum", members, at: location),
            maximum: try number("maximum", members, at: location),
            exclusiveMinimum: try number("exclusiveMinimum", members, at: location),
            exclusiveMaximum: try number("exclusiveMaximum", members, at: location))
        if let divisor = rules.multipleOf, divisor <= .integer(0) {
            throw error(location, "multipleOf", "must be above zero")
        }
        let limits = [
            rules.multipleOf, rules.minimum, rules.maximum, rules.exclusiveMinimum,
            rules.exclusiveMaximum,
        ]
        return limits.contains { $0 != nil } ? rules : nil
    }

    private func number(
        _ keyword: String, _ members: Members, at location: Int
    ) throws(JSONSchemaError) -> JSONNumber? {
        guard let value = members[keyword] else { return nil }
        guard let number = JSONNumber(value) else {
            throw error(location, keyword, "must be a number")
        }
        return number
    }

    private func count(
        _ keyword: String, _ members: Members, at location: Int
    ) throws(JSONSchemaError) -> Int? {
        guard let number = try number(keyword, members, at: location) else { return nil }
        guard number.isWhole, .integer(0) <= number else {
            throw error(location, keyword, "must be a whole number, 0 or more")
        }
        // A number beyond `Int64` is larger than any count.
        if case .integer(let value) = number { return Int(clamping: value) }
        return .max
    }

    private mutating func strings(
        _ members: Members, at location: Int
    ) throws(JSONSchemaError) -> StringRules? {
        let lengthMin = try count("minLength", members, at: location)
        let lengthMax = try count("maxLength", members, at: location)
        var pattern: NamedPattern?
        if let value = members["pattern"] {
            guard case .string(let text) = value else {
                throw error(location, "pattern", "must be a string")
            }
            pattern = try self.pattern(text, at: location, "pattern")
        }
        guard lengthMin != nil || lengthMax != nil || pattern != nil else { return nil }
        return StringRules(lengthMin: lengthMin, lengthMax: lengthMax, pattern: pattern)
    }

    // MARK: - Arrays

    private mutating func arrays(
        _ members: Members, at location: Int
    ) throws(JSONSchemaError) -> ArrayRules? {
        var first: [Int] = []
        var rest = members["additionalItems"].map { node("additionalItems", in: location, $0) }
        var restKeyword = "additionalItems"
        switch members["items"] {
        case .array:
            first = try list("items", members, at: location)
        case let items?:
            rest = node("items", in: location, items)
            restKeyword = "items"
        case nil: rest = nil
        }
        let countMin = try count("minItems", members, at: location)
        let countMax = try count("maxItems", members, at: location)
        let isUnique = try flag("uniqueItems", members, at: location)
        let contains = members["contains"].map { node("contains", in: location, $0) }
        guard
            !first.isEmpty || rest != nil || countMin != nil || countMax != nil || isUnique
                || contains != nil
        else { return nil }
        return ArrayRules(
            first: first, rest: rest, restKeyword: restKeyword, countMin: countMin,
            countMax: countMax, isUnique: isUnique, contains: contains)
    }

    private func flag(
        _ keyword: String, _ members: Members, at location: Int
    ) throws(JSONSchemaError) -> Bool {
        switch members[keyword] {
        case nil: return false
        case .bool(let value): return value
        default: throw error(location, keyword, "must be true or false")
        }
    }

    private mutating func list(
        _ keyword: String, _ members: Members, at location: Int
    ) throws(JSONSchemaError) -> [Int] {
        guard let container = members[keyword] else { return [] }
        guard case .array(let items) = container else {
            throw error(location, keyword, "must be an array of schemas")
        }
        var nodes: [Int] = []
        for (index, item) in items.enumerated() {
            nodes.append(node(keyword, "\(index)", in: location, container, item))
        }
        return nodes
    }

    // MARK: - Objects

    private mutating func objects(
        _ members: Members, at location: Int
    ) throws(JSONSchemaError) -> ObjectRules? {
        let properties = try members["properties"].map { value throws(JSONSchemaError) in
            try schemas("properties", of: value, at: location)
        }
        let patterns = try patternProperties(members, at: location)
        let additional = members["additionalProperties"].map {
            node("additionalProperties", in: location, $0)
        }
        let names = members["propertyNames"].map { node("propertyNames", in: location, $0) }
        let required = try keys(members["required"], at: location, "required")
        let dependencies = try dependencies(members, at: location)
        let countMin = try count("minProperties", members, at: location)
        let countMax = try count("maxProperties", members, at: location)
        guard
            properties != nil || !patterns.isEmpty || additional != nil || names != nil
                || !required.isEmpty || !dependencies.isEmpty || countMin != nil || countMax != nil
        else { return nil }
        return ObjectRules(
            properties: (properties ?? []).map { .init(key: $0.key, schema: $0.schema) },
            patterns: patterns, additional: additional, names: names, required: required,
            dependencies: dependencies, countMin: countMin, countMax: countMax)
    }

    private mutating func schemas(
        _ keyword: String, of container: JSONValue, at location: Int
    ) throws(JSONSchemaError) -> [(key: String, schema: Int)] {
        guard case .object(let members) = container else {
            throw error(location, keyword, "must be an object with schemas")
        }
        var schemas: [(key: String, schema: Int)] = []
        for key in members.sortedKeys {
            guard let value = members[key] else { continue }
            schemas.append((key, node(keyword, key, in: location, container, value)))
        }
        return schemas
    }

    private mutating func patternProperties(
        _ members: Members, at location: Int
    ) throws(JSONSchemaError) -> [ObjectRules.PatternProperty] {
        guard let value = members["patternProperties"] else { return [] }
        var patterns: [ObjectRules.PatternProperty] = []
        for (key, schema) in try schemas("patternProperties", of: value, at: location) {
            let pattern = try pattern(key, at: location, "patternProperties")
            patterns.append(.init(pattern: pattern, schema: schema))
        }
        return patterns
    }

    private mutating func dependencies(
        _ members: Members, at location: Int
    ) throws(JSONSchemaError) -> [ObjectRules.Dependency] {
        guard let container = members["dependencies"] else { return [] }
        guard case .object(let entries) = container else {
            throw error(location, "dependencies", "must be an object")
        }
        var dependencies: [ObjectRules.Dependency] = []
        for key in entries.sortedKeys {
            guard let value = entries[key] else { continue }
            if case .array = value {
                let required = try keys(value, at: location, "dependencies")
                dependencies.append(.init(key: key, required: required, schema: nil))
            } else {
                let schema = node("dependencies", key, in: location, container, value)
                dependencies.append(.init(key: key, required: [], schema: schema))
            }
        }
        return dependencies
    }

    private func keys(
        _ value: JSONValue?, at location: Int, _ keyword: String
    ) throws(JSONSchemaError) -> [String] {
        guard let value else { return [] }
        guard case .array(let items) = value else {
            throw error(location, keyword, "must be an array of strings")
        }
        var keys: [String] = []
        for item in items {
            guard case .string(let key) = item else {
                throw error(location, keyword, "must be an array of strings")
            }
            keys.append(key)
        }
        return keys
    }

    // MARK: - Choices

    private mutating func choices(
        _ members: Members, at location: Int
    ) throws(JSONSchemaError) -> ChoiceRules? {
        let all = try list("allOf", members, at: location)
        let any = try list("anyOf", members, at: location)
        let one = try list("oneOf", members, at: location)
        for (keyword, nodes) in [("allOf", all), ("anyOf", any), ("oneOf", one)]
        where members[keyword] != nil && nodes.isEmpty {
            throw error(location, keyword, "must hold a schema at least")
        }
        let not = members["not"].map { node("not", in: location, $0) }
        let condition = members["if"].map { node("if", in: location, $0) }
        let then = members["then"].map { node("then", in: location, $0) }
        let otherwise = members["else"].map { node("else", in: location, $0) }
        guard !all.isEmpty || !any.isEmpty || !one.isEmpty || not != nil || condition != nil else {
            return nil
        }
        return ChoiceRules(
            all: all, any: any, one: one, not: not, condition: condition,
            then: condition == nil ? nil : then, otherwise: condition == nil ? nil : otherwise)
    }
}
