/// The forms of `clients:`: a number, or a mapping.
enum FleetKeys {
    private static let number = Form<UInt32>.integer(1...10_000)
    private static let count = Key("count", "The number of clients.", isRequired: true, number)
    private static let cache = Key(
        "cache", "Whether each client has its own cache or all share one. Defaults to own.",
        Form<Cache>.choice)

    /// Whether each client has its own cache or all share one.
    enum Cache: String, Sendable, CaseIterable {
        case own
        case shared
    }

    static let table = KeyTable("clients", [AnyKey(count), AnyKey(cache)])

    static let form = Form<Fleet>(schema: { Schema.either([number.schema(), table.schema]) }) {
        value, name, findings in
        switch value.content {
        case .scalar: return number.read(value, name, &findings).map { Fleet(count: $0) }
        case .list, .mapping:
            guard var reader = MappingReader(value, name, table, &findings) else { return nil }
            let (count, cache) = (reader.read(count, &findings), reader.read(cache, &findings))
            reader.finish()
            return count.map { Fleet(count: $0, sharesCache: cache == .shared) }
        }
    }

    static func json(_ fleet: Fleet) -> JSON {
        let cache: Cache = fleet.sharesCache ? .shared : .own
        return .object([
            .init("count", .integer(fleet.count)), .init("cache", .string(cache.rawValue)),
        ])
    }
}
