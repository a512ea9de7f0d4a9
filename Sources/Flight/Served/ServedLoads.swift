import HTTPTypes
import ScenarioFile
import Upstream

/// Finds the load of a scenario that a request looks like.
struct ServedLoads {
    private let loads: [(method: String, path: PathPattern, fields: [HTTPField.Name])]

    init(_ loads: [Load]) {
        self.loads = loads.compactMap { load in
            // Valid scenarios have only paths that are patterns.
            guard let path = try? PathPattern(load.path) else { return nil }
            return (load.method, path, load.headers.compactMap { HTTPField.Name($0.name) })
        }
    }

    /// The index of the load with that method and path whose header fields the request all has; of several, the
    /// one with the most fields. nil: none.
    func index(_ arrival: ServedArrival) -> Int? {
        let fitting = loads.indices.filter { index in
            loads[index].method == arrival.method.rawValue
                && loads[index].path.matches(arrival.target)
                && loads[index].fields.allSatisfy { arrival.headerFields[$0] != nil }
        }
        return fitting.max { loads[$0].fields.count < loads[$1].fields.count }
            .flatMap { best in
                fitting.first { loads[$0].fields.count == loads[best].fields.count }
            }
    }
}
