/// One check of one value against a schema.
struct SchemaCheck {
    private static let stepsMax = 10_000_000
    /// The deepest nesting of schemas. Each level takes a few hundred bytes of stack.
    static let depthMax = 512

    let nodes: [SchemaNode]
    private let violationsMax: Int
    var stepsLeft = SchemaCheck.stepsMax
    private var depth = 0
    /// Whether only the verdict matters and violations are not recorded, as inside of `not` and
    /// `anyOf`.
    private var isQuiet = false
    /// Whether the check ran out of steps or depth. Verdicts after that are meaningless.
    private(set) var isExhausted = false
    private var path: [SchemaViolation.Step] = []
    private var violations: [SchemaViolation] = []
    var search = PatternSearch()

    init(_ program: SchemaProgram, violationsMax: Int) {
        nodes = program.nodes
        self.violationsMax = violationsMax
    }

    mutating func violations(in value: JSONValue) -> [SchemaViolation] {
        _ = isValid(value, 0)
        guard isExhausted else { return violations }
        let limit = SchemaViolation(
            path: [], keyword: "limit", sentence: "is too large or too deep to be checked")
        return [limit] + violations.prefix(violationsMax - 1)
    }

    // MARK: - Helpers of the keywords

    /// Whether checking can stop: with this verdict nothing further can change the result or be
    /// recorded.
    func isDone(_ isValid: Bool) -> Bool {
        isExhausted || !isValid && (isQuiet || violations.count >= violationsMax)
    }

    /// Records a violation at the current place.
    /// - Returns: false, the verdict.
    mutating func fail(_ keyword: String, _ sentence: @autoclosure () -> String) -> Bool {
        if !isQuiet, !isExhausted, violations.count < violationsMax {
            violations.append(
                SchemaViolation(path: path, keyword: keyword, sentence: sentence()))
        }
        return false
    }

    mutating func exhaust() -> Bool {
        isExhausted = true
        return false
    }

    /// Checks a value inside of the current one.
    mutating func isValid(_ value: JSONValue, _ node: Int, at step: SchemaViolation.Step) -> Bool {
        if isQuiet { return isValid(value, node) }
        path.append(step)
        defer { path.removeLast() }
        return isValid(value, node)
    }

    /// Checks a value without recording violations.
    mutating func isQuietlyValid(_ value: JSONValue, _ node: Int) -> Bool {
        let wasQuiet = isQuiet
        isQuiet = true
        defer { isQuiet = wasQuiet }
        return isValid(value, node)
    }

    mutating func isFound(_ pattern: NamedPattern, in text: String) -> Bool {
        search.isFound(pattern.pattern, in: text, steps: &stepsLeft) ?? exhaust()
    }

    func isNever(_ node: Int) -> Bool { nodes[node].isNever }

    // MARK: - Any value

    mutating func isValid(_ value: JSONValue, _ index: Int) -> Bool {
        stepsLeft -= 1
        guard stepsLeft > 0, depth < Self.depthMax, !isExhausted else { return exhaust() }
        depth += 1
        defer { depth -= 1 }
        let node = nodes[index]
        if node.isNever { return fail("false", "is not allowed") }
        if let types = node.types, !types.allows(value) {
            // Other violations would only follow from this one.
            return fail("type", "is not of type \(types.names)")
        }
        var isValid = isOneOf(node.values, value, "enum", "is none of the allowed values")
        if isDone(isValid) { return isValid }
        isValid =
            isOneOf(node.constant, value, "const", "is not the one allowed value") && isValid
        if isDone(isValid) { return isValid }
        switch value {
        case .integer, .number:
            if let rules = node.numbers, let number = JSONNumber(value) {
                isValid = keeps(rules, number) && isValid
            }
        case .string(let text):
            if let rules = node.strings { isValid = keeps(rules, text) && isValid }
        case .array(let items):
            if let rules = node.arrays { isValid = keeps(rules, items) && isValid }
        case .object(let members):
            if let rules = node.objects { isValid = keeps(rules, members, value) && isValid }
        case .null, .bool: break
        }
        if isDone(isValid) { return isValid }
        if let rules = node.choices { isValid = keeps(rules, value) && isValid }
        return isValid
    }

    private mutating func isOneOf(
        _ values: SchemaValues?, _ value: JSONValue, _ keyword: String, _ sentence: String
    ) -> Bool {
        guard let values else { return true }
        let isIn = values.contains(value, steps: &stepsLeft, depthMax: Self.depthMax)
        guard let isIn else { return exhaust() }
        return isIn || fail(keyword, sentence)
    }

    // MARK: - Choices

    private mutating func keeps(_ rules: ChoiceRules, _ value: JSONValue) -> Bool {
        var isValid = true
        for node in rules.all {
            isValid = self.isValid(value, node) && isValid
            if isDone(isValid) { return isValid }
        }
        if !rules.any.isEmpty {
            isValid = keepsAny(rules.any, value) && isValid
            if isDone(isValid) { return isValid }
        }
        if !rules.one.isEmpty {
            isValid = keepsOne(rules.one, value) && isValid
            if isDone(isValid) { return isValid }
        }
        if let not = rules.not, isQuietlyValid(value, not) {
            isValid = fail("not", "is of a form that is not allowed")
        }
        if isDone(isValid) { return isValid }
        if let condition = rules.condition {
            let isMet = isQuietlyValid(value, condition)
            if isExhausted { return false }
            if let node = isMet ? rules.then : rules.otherwise {
                isValid = self.isValid(value, node) && isValid
            }
        }
        return isValid
    }

    private mutating func keepsAny(_ nodes: [Int], _ value: JSONValue) -> Bool {
        for node in nodes {
            if isQuietlyValid(value, node) { return true }
            if isExhausted { return false }
        }
        return fail("anyOf", "is of none of the \(nodes.count) allowed forms")
    }

    private mutating func keepsOne(_ nodes: [Int], _ value: JSONValue) -> Bool {
        var matches = 0
        for node in nodes {
            if isQuietlyValid(value, node) { matches += 1 }
            if isExhausted { return false }
            if matches > 1 { return fail("oneOf", "is of more than one of the allowed forms") }
        }
        return matches == 1
            || fail("oneOf", "is of none of the \(nodes.count) allowed forms")
    }
}
