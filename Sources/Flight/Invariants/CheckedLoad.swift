import Scenario
import Upstream

/// What the invariants know of a load.
struct CheckedLoad {
    let isIdempotent: Bool
    let isWrite: Bool
    /// Whether its answers may come from the cache.
    let isCacheable: Bool
    /// The first load whose requests differ from its own in nothing but the path: those may share
    /// one upstream call.
    let twin: Int
    /// Behind a path: what else names the resource.
    private let query: String

    /// What the checker knows of each load; `hasCache` says whether the client has a cache.
    static func all(_ schedules: [LoadSchedule], hasCache: Bool) -> [CheckedLoad] {
        let queries = schedules.map { schedule in
            schedule.load.params.map { "?\($0.name)=\($0.value)" }.sorted().joined()
        }
        let fields = schedules.map { schedule in
            schedule.load.headers.map { "\($0.name.lowercased()):\($0.value)" }
        }
        return schedules.indices.map { index in
            let load = schedules[index].load
            // A caller's own credentials are nobody that a cache could know.
            let isPrivate = load.headers.contains {
                ["authorization", "cookie"].contains($0.name.lowercased())
            }
            return CheckedLoad(
                isIdempotent: schedules[index].isIdempotent, isWrite: load.method != "GET",
                isCacheable: hasCache && load.useCache && load.method == "GET" && !isPrivate,
                twin: schedules.indices.first {
                    queries[$0] == queries[index] && fields[$0] == fields[index]
                } ?? index,
                query: queries[index])
        }
    }

    /// The name of what a path of this load stands for.
    func resource(_ path: String) -> String { query.isEmpty ? path : path + query }
}
