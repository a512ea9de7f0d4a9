import ScenarioFile
import Upstream

/// What the invariants know of a load. A class: it is looked up several times a request.
final class CheckedLoad {
    let isIdempotent: Bool
    let isWrite: Bool
    /// Whether its answers may come from the cache.
    let isCacheable: Bool
    /// Whether another load writes to what this one may get from the cache.
    let isWritten: Bool
    /// Whether it writes to what another one may get from the cache.
    let writesCached: Bool
    /// Whether the upstream recognises a request that comes again, and does nothing then.
    let hasKey: Bool
    /// The first load whose requests differ from its own in nothing but the path: those may share
    /// one upstream call.
    let sharingGroup: Int
    /// The first load that may be given what was kept for it: one that differs in nothing but the path and
    /// in fields that name no caller.
    let cacheSharingGroup: Int
    /// Behind a path: what else names the resource.
    private let query: String

    private init(
        isIdempotent: Bool, isWrite: Bool, isCacheable: Bool, isWritten: Bool, writesCached: Bool,
        hasKey: Bool, sharingGroup: Int, cacheSharingGroup: Int, query: String
    ) {
        self.isIdempotent = isIdempotent
        self.isWrite = isWrite
        self.isCacheable = isCacheable
        self.isWritten = isWritten
        self.writesCached = writesCached
        self.hasKey = hasKey
        self.sharingGroup = sharingGroup
        self.cacheSharingGroup = cacheSharingGroup
        self.query = query
    }

    /// What the checker knows of each load; `hasCache` says whether the client has a cache.
    static func all(_ schedules: [LoadSchedule], hasCache: Bool) -> [CheckedLoad] {
        let queries = schedules.map { schedule in
            schedule.load.params.map { "?\($0.name)=\($0.value)" }.sorted().joined()
        }
        let fields = schedules.map { schedule in
            schedule.load.headers.map { (name: $0.name.lowercased(), value: $0.value) }
        }
        // By the bytes, as the client tells them apart.
        func sharingGroup(of index: Int, by names: (String) -> Bool) -> Int {
            func identity(_ index: Int) -> [[UInt8]] {
                [Array(queries[index].utf8)]
                    + fields[index].filter { names($0.name) }
                    .flatMap { [Array($0.name.utf8), Array($0.value.utf8)] }
            }
            return schedules.indices.first { identity($0) == identity(index) } ?? index
        }
        let isCacheable = schedules.map { hasCache && mayBeCached($0.load) }
        let isWrite = schedules.map { $0.load.method != "GET" }
        let paths = schedules.map { PathTemplate($0.load.path) }
        func meets(_ others: [Bool], _ index: Int) -> Bool {
            others.indices.contains { others[$0] && paths[$0].overlaps(paths[index]) }
        }
        return schedules.indices.map { index in
            CheckedLoad(
                isIdempotent: schedules[index].isIdempotent, isWrite: isWrite[index],
                isCacheable: isCacheable[index],
                isWritten: isCacheable[index] && meets(isWrite, index),
                writesCached: isWrite[index] && meets(isCacheable, index),
                hasKey: schedules[index].hasKey,
                sharingGroup: sharingGroup(of: index) { _ in true },
                cacheSharingGroup: sharingGroup(of: index) { !impersonal.contains($0) },
                query: queries[index])
        }
    }

    /// What names a caller that a cache could not know.
    private static let personal: Set = [
        "authorization", "cookie", "proxy-authorization", "x-api-key",
    ]

    /// What names nobody: where an answer differs by one of these, its `Vary` says so. Not the client's own
    /// list: a field that it leaves out of its keys by mistake has to be seen.
    private static let impersonal: Set = [
        "accept", "accept-language", "accept-encoding", "user-agent", "idempotency-key",
        "traceparent", "tracestate",
    ]

    private static func mayBeCached(_ load: Load) -> Bool {
        load.useCache && load.method == "GET"
            && !load.headers.contains { personal.contains($0.name.lowercased()) }
    }

    /// The name of what a path of this load stands for.
    func resource(_ path: String) -> String { query.isEmpty ? path : path + query }
}
