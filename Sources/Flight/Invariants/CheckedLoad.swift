import ScenarioFile
import Upstream

/// The properties of a load that the invariants need. A class: it is looked up several times per request.
final class CheckedLoad {
    let isIdempotent: Bool
    let isWrite: Bool
    /// Whether its answers may come from the cache.
    let isCacheable: Bool
    /// Whether another load writes to paths that this load may get from the cache.
    let isWritten: Bool
    /// Whether it writes to paths that another load may get from the cache.
    let writesCached: Bool
    /// Whether the upstream recognizes a repeated request by its idempotency key and does not act again.
    let hasKey: Bool
    /// The index of the first load whose requests differ from this load's in the path only. Such loads may
    /// share one upstream call.
    let sharingGroup: Int
    /// The index of the first load that may share cached answers with this one: its requests differ in the path
    /// and in fields that do not identify a caller only.
    let cacheSharingGroup: Int
    /// The part of a resource's name that follows the path.
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

    /// The properties of each load. `hasCache`: whether the client has a cache.
    static func all(_ schedules: [LoadSchedule], hasCache: Bool) -> [CheckedLoad] {
        let queries = schedules.map { schedule in
            schedule.load.params.map { "?\($0.name)=\($0.value)" }.sorted().joined()
        }
        let fields = schedules.map { schedule in
            schedule.load.headers.map { (name: $0.name.lowercased(), value: $0.value) }
        }
        // Compared by bytes, as the client does.
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

    /// Header fields that identify a caller, whose answers therefore must not be cached.
    private static let personal: Set = [
        "authorization", "cookie", "proxy-authorization", "x-api-key",
    ]

    /// Header fields that identify no caller; answers that depend on one say so in `Vary`. Deliberately not the
    /// client's own list, so that a field missing from the client's cache keys is noticed.
    private static let impersonal: Set = [
        "accept", "accept-language", "accept-encoding", "user-agent", "idempotency-key",
        "traceparent", "tracestate",
    ]

    private static func mayBeCached(_ load: Load) -> Bool {
        load.useCache && load.method == "GET"
            && !load.headers.contains { personal.contains($0.name.lowercased()) }
    }

    /// The name of the resource at a path of this load.
    func resource(_ path: String) -> String { query.isEmpty ? path : path + query }
}
