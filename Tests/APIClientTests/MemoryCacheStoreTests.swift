import KeyedChance
import HTTPTypes
import Testing

@testable import APIClient

/// Compares the store with a list that is searched from its end.
@Suite("A cache in memory") struct MemoryCacheStoreTests {
    private struct Model {
        var kept: [(key: CacheKey, entry: CacheEntry)] = []
        var writes: [(path: [UInt8], instant: Int64)] = []
        let entriesMax: Int

        mutating func keep(_ entry: CacheEntry, for key: CacheKey) -> Bool {
            if writes.contains(where: { $0.path == key.path && entry.requestedAt < $0.instant }) {
                return false
            }
            kept.removeAll { $0.key == key && $0.entry.varied == entry.varied }
            kept.append((key, entry))
            if kept.count > entriesMax { kept.removeFirst() }
            return true
        }

        mutating func invalidate(path: [UInt8], at now: Int64) -> Bool {
            writes.append((path, now))
            let before = kept.count
            kept.removeAll { $0.key.path == path }
            return kept.count < before
        }

        func entry(for key: CacheKey, matching fields: HTTPFields, at now: Int64) -> CacheEntry? {
            let latest = kept.last { $0.key == key && $0.entry.matches(fields) }
            return latest.flatMap { now < $0.entry.staleUntil ? $0.entry : nil }
        }
    }

    private static func fields(_ language: UInt64) -> HTTPFields {
        language == 0 ? [:] : [.acceptLanguage: "l\(language)"]
    }

    @Test(arguments: 0..<8 as Range<UInt64>)
    func `is a list of which the last that fits counts and the oldest goes`(seed: UInt64)
        async throws
    {
        let store = MemoryCacheStore(entriesMax: 12)
        var model = Model(entriesMax: 12)
        var (hits, refused) = (0, 0)
        for step in 0..<4_000 as Range<UInt64> {
            var chance = Chance(seed: seed, stream: Chance.Stream("store"), request: step)
            let path = "/\(chance.below(4))"
            let request = APIRequest(.get, path, params: ["page": "\(chance.below(5))"])
            let key = CacheKey(request, identity: "i\(chance.below(2))")
            let fields = Self.fields(chance.below(3))
            let now = Int64(step)
            switch chance.below(40) {
            case 0:
                let bytes = Array(path.utf8)
                let hadSome = try await store.invalidate(path: bytes, at: now)
                #expect(hadSome == model.invalidate(path: bytes, at: now))
            case 1...15:
                let varied =
                    chance.below(2) == 0
                    ? []
                    : [
                        CacheEntry.VariedField(
                            name: .acceptLanguage, value: fields[.acceptLanguage])
                    ]
                let entry = CacheEntry(
                    statusCode: 200, headers: [:], body: Array("\(step)".utf8),
                    requestedAt: now - Int64(chance.below(20)), storedAt: now,
                    freshUntil: now + 10, staleUntil: now + 10 + Int64(chance.below(2)) * 50,
                    varied: varied)
                let isKept = try await store.keep(entry, for: key)
                #expect(isKept == model.keep(entry, for: key))
                if !isKept { refused += 1 }
            default:
                let found = try await store.entry(for: key, matching: fields, at: now)
                #expect(
                    found?.body == model.entry(for: key, matching: fields, at: now)?.body,
                    "step \(step)")
                if found != nil { hits += 1 }
            }
        }
        #expect(hits > 100 && refused > 20)
    }

    /// There are a hundred paths, and the store remembers the writes of ten.
    @Test func `an answer from before a write is never taken for a later one, however many writes`()
    {
        var notes = WriteNotes(countMax: 10)
        var writes: [[UInt8]: Int64] = [:]
        var needless = 0
        for step in 0..<5_000 as Range<UInt64> {
            var chance = Chance(seed: 3, stream: Chance.Stream("writes"), request: step)
            let path = "/\(chance.below(100))"
            let now = Int64(step)
            if chance.below(2) == 0 {
                notes.note(Array(path.utf8), at: now)
                writes[Array(path.utf8)] = now
            } else {
                let asked = now - Int64(chance.below(200))
                let key = CacheKey(APIRequest(.get, path), identity: "")
                let isOutdated = writes[key.path].map { asked < $0 } ?? false
                let isSaid = notes.hasOne(since: asked, of: key)
                #expect(isSaid || !isOutdated)
                if isSaid && !isOutdated {
                    needless += 1
                    #expect(now - asked > 10, "so few writes are all remembered")
                }
            }
        }
        #expect(needless > 100)
    }

    @Test func `a key tells apart what differs anywhere, and says whose it is`() {
        let request = APIRequest(.get, "/a", params: ["b": "c"])
        let key = CacheKey(request, identity: "ada")
        #expect(key == CacheKey(request, identity: "ada"))
        #expect(key.path == Array("/a".utf8))
        #expect(key.isOf("ada") && !key.isOf("ad") && !key.isOf("adab") && !key.isOf(""))
        #expect(key.isAt(Array("/a".utf8)) && !key.isAt(Array("/".utf8)))
        let others = [
            CacheKey(request, identity: "bob"), CacheKey(APIRequest(.get, "/a"), identity: "ada"),
            CacheKey(APIRequest(.get, "/ab", params: ["b": "c"]), identity: "ada"),
            CacheKey(
                APIRequest(.get, "/a", headers: ["X-Tenant": "7"], params: ["b": "c"]),
                identity: "ada"),
        ]
        for other in others { #expect(other != key) }
        // Everything stands in path and variant, for a store that files by them.
        #expect(Set(others.map { $0.path + [0xff] + $0.variant }).count == others.count)
    }
}
