extension SchemaCheck {
    mutating func keeps(_ rules: NumberRules, _ number: JSONNumber) -> Bool {
        var isValid = true
        if let limit = rules.minimum, !(limit <= number) {
            isValid = fail("minimum", "is below \(limit)")
        }
        if let limit = rules.maximum, !(number <= limit) {
            isValid = fail("maximum", "is above \(limit)")
        }
        if let limit = rules.exclusiveMinimum, !(limit < number) {
            isValid = fail("exclusiveMinimum", "is not above \(limit)")
        }
        if let limit = rules.exclusiveMaximum, !(number < limit) {
            isValid = fail("exclusiveMaximum", "is not below \(limit)")
        }
        if let divisor = rules.multipleOf, !number.isMultiple(of: divisor) {
            isValid = fail("multipleOf", "is no multiple of \(divisor)")
        }
        return isValid
    }

    mutating func keeps(_ rules: StringRules, _ text: String) -> Bool {
        var isValid = true
        if rules.lengthMin != nil || rules.lengthMax != nil {
            let bytes = text.utf8.count
            stepsLeft -= bytes >> 4
            let length = text.unicodeScalars.count
            if let limit = rules.lengthMin, length < limit {
                isValid = fail("minLength", "is shorter than \(limit)")
            }
            if let limit = rules.lengthMax, length > limit {
                isValid = fail("maxLength", "is longer than \(limit)")
            }
        }
        if isDone(isValid) { return isValid }
        if let pattern = rules.pattern, !isFound(pattern, in: text) {
            isValid = fail("pattern", "does not match the pattern \(pattern.text)")
        }
        return isValid
    }

    // MARK: - Arrays

    mutating func keeps(_ rules: ArrayRules, _ items: [JSONValue]) -> Bool {
        var isValid = true
        if let limit = rules.countMin, items.count < limit {
            isValid = fail("minItems", "has fewer than \(limit) items")
        }
        if let limit = rules.countMax, items.count > limit {
            isValid = fail("maxItems", "has more than \(limit) items")
        }
        if isDone(isValid) { return isValid }
        for (index, node) in rules.first.prefix(items.count).enumerated() {
            isValid = self.isValid(items[index], node, at: .index(index)) && isValid
            if isDone(isValid) { return isValid }
        }
        if let rest = rules.rest, items.count > rules.first.count {
            isValid = keepsRest(rules, rest, items) && isValid
            if isDone(isValid) { return isValid }
        }
        if let node = rules.contains {
            isValid = contains(items, node) && isValid
            if isDone(isValid) { return isValid }
        }
        if rules.isUnique { isValid = areUnique(items) && isValid }
        return isValid
    }

    private mutating func keepsRest(
        _ rules: ArrayRules, _ rest: Int, _ items: [JSONValue]
    ) -> Bool {
        if isNever(rest) {
            return fail(rules.restKeyword, "has more than \(rules.first.count) items")
        }
        var isValid = true
        for index in rules.first.count..<items.count {
            isValid = self.isValid(items[index], rest, at: .index(index)) && isValid
            if isDone(isValid) { return isValid }
        }
        return isValid
    }

    private mutating func contains(_ items: [JSONValue], _ node: Int) -> Bool {
        for item in items {
            if isQuietlyValid(item, node) { return true }
            if isExhausted { return false }
        }
        return fail("contains", "has no item of the form that one must have")
    }

    private mutating func areUnique(_ items: [JSONValue]) -> Bool {
        if items.count <= 8, !items.contains(where: \.isContainer) {
            for (index, item) in items.enumerated() {
                let isRepeated = items[..<index].contains { $0.isSameScalar(as: item) }
                if isRepeated { return fail("uniqueItems", "has equal items") }
            }
            return true
        }
        var seen: Set<[UInt8]> = []
        for item in items {
            let bytes = CanonicalBytes.of(item, steps: &stepsLeft, depthMax: Self.depthMax)
            guard let bytes else { return exhaust() }
            guard seen.insert(bytes).inserted else {
                return fail("uniqueItems", "has equal items")
            }
        }
        return true
    }
}
