/// Parses a schema into nodes.
///
/// Nested schemas are put on a list and parsed one after another, so that neither nesting nor
/// chains of references use up the stack.
struct SchemaReader {
    /// A place in the document.
    private struct Location {
        let parent: Int
        let token: String
        let value: JSONValue
        /// Whether the place is inside of a nested `$id`, which would change the meaning of `#`.
        let isRebased: Bool
        var node: Int?
    }

    private struct Child: Hashable {
        let parent: Int
        let token: String
    }

    private enum Slot {
        case unread
        case node(SchemaNode)
        case reference(Int)
    }

    private var locations: [Location]
    private var children: [Child: Int] = [:]
    private var slots: [Slot] = []
    /// The index of each slot's location.
    private var places: [Int] = []
    private var patterns: [String: NamedPattern] = [:]
    /// The number of instructions that all further patterns may have together.
    private var patternRoom = 200_000
    private let rootID: String?

    static func program(of document: JSONValue) throws(JSONSchemaError) -> SchemaProgram {
        var reader = SchemaReader(document)
        let nodes = try reader.nodes()
        var steps = Int.max
        let source = CanonicalBytes.of(document, steps: &steps, depthMax: .max) ?? []
        return SchemaProgram(nodes: nodes, source: source)
    }

    private init(_ document: JSONValue) {
        locations = [
            Location(parent: -1, token: "", value: document, isRebased: false, node: nil)
        ]
        if case .object(let members) = document, members["$ref"] == nil,
            case .string(let id)? = members["$id"]
        {
            rootID = id.hasSuffix("#") ? String(id.dropLast()) : id
        } else {
            rootID = nil
        }
    }

    private mutating func nodes() throws(JSONSchemaError) -> [SchemaNode] {
        try checkDraft()
        _ = node(at: 0)
        var next = 0
        while next < slots.count {
            slots[next] = try read(places[next])
            next += 1
        }
        let ends = try ends()
        // Each reference is replaced by its target.
        let nodes = ends.compactMap { end -> SchemaNode? in
            if case .node(let node) = slots[end] { node } else { nil }
        }
        precondition(nodes.count == slots.count, "a reference ended in what is no schema")
        try checkLoops(nodes, ends)
        return nodes
    }

    private func checkDraft() throws(JSONSchemaError) {
        guard case .string(let draft)? = locations[0].value["$schema"] else { return }
        let known = ["http", "https"].map { "\($0)://json-schema.org/draft-07/schema" }
        guard known.contains(where: { draft == $0 || draft == $0 + "#" }) else {
            throw error(0, "$schema", "must be that of draft 7")
        }
    }

    // MARK: - Places

    private mutating func location(_ token: String, in parent: Int, _ value: JSONValue) -> Int {
        let child = Child(parent: parent, token: token)
        if let known = children[child] { return known }
        locations.append(
            Location(
                parent: parent, token: token, value: value,
                isRebased: locations[parent].isRebased || Self.rebases(value), node: nil))
        children[child] = locations.count - 1
        return locations.count - 1
    }

    private static func rebases(_ value: JSONValue) -> Bool {
        guard case .object(let members) = value, members["$ref"] == nil,
            case .string(let id)? = members["$id"]
        else { return false }
        return !id.hasPrefix("#")
    }

    /// The index of the node for the schema at a location. The schema is parsed later.
    private mutating func node(at location: Int) -> Int {
        if let node = locations[location].node { return node }
        slots.append(.unread)
        places.append(location)
        locations[location].node = slots.count - 1
        return slots.count - 1
    }

    /// The index of the node for a schema inside of another one.
    mutating func node(_ token: String, in parent: Int, _ value: JSONValue) -> Int {
        node(at: location(token, in: parent, value))
    }

    /// The index of the node for a schema in a list, or under a key of an object, inside of another
    /// schema.
    mutating func node(
        _ keyword: String, _ token: String, in parent: Int, _ container: JSONValue,
        _ value: JSONValue
    ) -> Int {
        node(token, in: location(keyword, in: parent, container), value)
    }

    private func pointer(to location: Int) -> String {
        var tokens: [String] = []
        var place = location
        while place > 0 {
            tokens.append(locations[place].token)
            place = locations[place].parent
        }
        return tokens.reversed().map { "/" + JSONPointer.escaped($0) }.joined()
    }

    func error(_ location: Int, _ keyword: String?, _ reason: String) -> JSONSchemaError {
        let end = keyword.map { "/" + JSONPointer.escaped($0) } ?? ""
        return JSONSchemaError(pointer: pointer(to: location) + end, reason: reason)
    }

    // MARK: - Schemas

    private mutating func read(_ location: Int) throws(JSONSchemaError) -> Slot {
        switch locations[location].value {
        case .bool(let isAllowed): return .node(SchemaNode(isNever: !isAllowed))
        case .object(let members):
            if let reference = members["$ref"] {
                return .reference(try target(of: reference, at: location))
            }
            return .node(try node(of: members, at: location))
        default: throw error(location, nil, "must be a schema: an object, true or false")
        }
    }

    private mutating func target(
        of reference: JSONValue, at location: Int
    ) throws(JSONSchemaError) -> Int {
        guard case .string(let text) = reference else {
            throw error(location, "$ref", "must be a string")
        }
        guard !locations[location].isRebased else {
            throw error(location, "$ref", "stands below a nested $id, which is not supported")
        }
        let end = text.firstIndex(of: "#") ?? text.endIndex
        let document = text[..<end]
        guard document.isEmpty || document == rootID ?? "" else {
            throw error(location, "$ref", "leads out of the document, which is not supported")
        }
        guard let tokens = JSONPointer.tokens(ofFragment: text[end...].dropFirst()) else {
            throw error(location, "$ref", "must be # with a JSON pointer behind it")
        }
        var place = 0
        for token in tokens {
            guard let value = Self.member(token, of: locations[place].value) else {
                throw error(location, "$ref", "leads nowhere")
            }
            place = self.location(token, in: place, value)
        }
        return node(at: place)
    }

    private static func member(_ token: String, of value: JSONValue) -> JSONValue? {
        switch value {
        case .object(let members): return members.member(token)
        case .array(let items):
            guard let index = Int(token), items.indices.contains(index), "\(index)" == token else {
                return nil
            }
            return items[index]
        default: return nil
        }
    }

    mutating func pattern(
        _ text: String, at location: Int, _ keyword: String
    ) throws(JSONSchemaError) -> NamedPattern {
        if let known = patterns[text], known.text.utf8.elementsEqual(text.utf8) { return known }
        do throws(PatternError) {
            let pattern = NamedPattern(
                text: text, pattern: try Pattern(text, sizeMax: min(20_000, patternRoom)))
            patternRoom -= pattern.pattern.instructions.count
            patterns[text] = pattern
            return pattern
        } catch {
            throw self.error(
                location, keyword, "has a pattern that cannot be used: it \(error.reason)")
        }
    }

    // MARK: - References

    /// For each slot, the slot at the end of its chain of references.
    private func ends() throws(JSONSchemaError) -> [Int] {
        var ends: [Int?] = Array(repeating: nil, count: slots.count)
        for start in slots.indices {
            var path: [Int] = []
            var slot = start
            while ends[slot] == nil, case .reference(let target) = slots[slot] {
                path.append(slot)
                if path.count > slots.count { throw error(places[start], "$ref", Self.loop) }
                slot = target
            }
            let end = ends[slot] ?? slot
            for slot in path { ends[slot] = end }
            ends[start] = end
        }
        return ends.map { $0 ?? 0 }
    }

    private static let loop = "comes back to itself without going into the value"

    /// Refuses schemas that lead back to themselves for the same value, because checking would
    /// never end.
    private func checkLoops(_ nodes: [SchemaNode], _ ends: [Int]) throws(JSONSchemaError) {
        enum Mark { case new, open, done }
        var marks: [Mark] = Array(repeating: .new, count: nodes.count)
        for start in ends where marks[start] == .new {
            var path: [(slot: Int, next: [Int])] = []
            func enter(_ slot: Int) {
                marks[slot] = .open
                path.append((slot, nodes[slot].inPlace.map { ends[$0] }))
            }
            enter(start)
            while let (slot, next) = path.last {
                guard let inner = next.last else {
                    marks[slot] = .done
                    path.removeLast()
                    continue
                }
                path[path.count - 1].next.removeLast()
                switch marks[inner] {
                case .new: enter(inner)
                case .open: throw error(places[inner], nil, Self.loop)
                case .done: break
                }
            }
        }
    }
}
