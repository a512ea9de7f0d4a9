extension SchemaCheck {
    typealias Members = [String: JSONValue]

    mutating func keeps(
        _ rules: ObjectRules, _ members: Members, _ value: JSONValue
    ) -> Bool {
        var isValid = keepsCounts(rules, members)
        if isDone(isValid) { return isValid }
        stepsLeft -= rules.required.count + rules.properties.count + rules.dependencies.count
        for key in rules.required where members.member(key) == nil {
            isValid = fail("required", "lacks the property \(key)")
            if isDone(isValid) { return isValid }
        }
        var declaredCount = 0
        for property in rules.properties {
            guard let member = members.member(property.key) else { continue }
            declaredCount += 1
            isValid = self.isValid(member, property.schema, at: .key(property.key)) && isValid
            if isDone(isValid) { return isValid }
        }
        isValid = keepsOthers(rules, members, areOthers: declaredCount < members.count) && isValid
        if isDone(isValid) { return isValid }
        for dependency in rules.dependencies where members.member(dependency.key) != nil {
            isValid = keeps(dependency, members, value) && isValid
            if isDone(isValid) { return isValid }
        }
        return isValid
    }

    private mutating func keepsCounts(_ rules: ObjectRules, _ members: Members) -> Bool {
        var isValid = true
        if let limit = rules.countMin, members.count < limit {
            isValid = fail("minProperties", "has fewer than \(limit) properties")
        }
        if let limit = rules.countMax, members.count > limit {
            isValid = fail("maxProperties", "has more than \(limit) properties")
        }
        return isValid
    }

    /// Checks the keywords that apply to properties by other means than a schema of their own.
    /// `areOthers`: the object has properties that `properties` does not name.
    private mutating func keepsOthers(
        _ rules: ObjectRules, _ members: Members, areOthers: Bool
    ) -> Bool {
        if rules.patterns.isEmpty, rules.names == nil {
            guard areOthers, let additional = rules.additional else { return true }
            if isNever(additional) { return failAdditional() }
        }
        var isValid = true
        // Sorted, so that the place at which the steps run out does not depend on a dictionary's
        // order.
        stepsLeft -= members.count
        for key in members.sortedKeys {
            guard let member = members[key] else { continue }
            isValid = keepsOthers(rules, key, member) && isValid
            if isDone(isValid) { return isValid }
        }
        return isValid
    }

    private mutating func keepsOthers(
        _ rules: ObjectRules, _ key: String, _ member: JSONValue
    ) -> Bool {
        var isValid = true
        if let names = rules.names, !isQuietlyValid(.string(key), names) {
            isValid = fail("propertyNames", "has a property whose name is not allowed")
            if isDone(isValid) { return isValid }
        }
        let isDeclared = rules.declared.member(key) != nil
        let step = isDeclared ? SchemaViolation.Step.key(key) : .undeclaredKey
        var isAdditional = !isDeclared
        for property in rules.patterns where isFound(property.pattern, in: key) {
            isAdditional = false
            isValid = self.isValid(member, property.schema, at: step) && isValid
            if isDone(isValid) { return isValid }
        }
        if isExhausted { return false }
        guard isAdditional, let additional = rules.additional else { return isValid }
        if isNever(additional) { return failAdditional() }
        return self.isValid(member, additional, at: step) && isValid
    }

    private mutating func failAdditional() -> Bool {
        // The property is not named, because keys from the value may be personal.
        fail("additionalProperties", "has a property that is not allowed")
    }

    private mutating func keeps(
        _ dependency: ObjectRules.Dependency, _ members: Members, _ value: JSONValue
    ) -> Bool {
        var isValid = true
        for key in dependency.required where members.member(key) == nil {
            isValid = fail(
                "dependencies", "lacks the property \(key), which goes with \(dependency.key)")
            if isDone(isValid) { return isValid }
        }
        if let schema = dependency.schema { isValid = self.isValid(value, schema) && isValid }
        return isValid
    }
}
