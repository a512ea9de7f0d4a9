import HTTPTypes
import ScenarioFile
import Upstream

/// Which load of a scenario a request looks like.
struct ServedLoads {
    private let loads: [(method: String, path: PathPattern, fields: [HTTPField.Name])]

    init(_ loads: [Load]) {
        self.loads = loads.compactMap { load in
            // A scenario's paths are patterns, all of them.
            guard let path = try? PathPattern(load.path) else { return nil }
            return (load.method, path, load.headers.compactMap { HTTPField.Name($0.name) })
        }
    }

    /// The place of the load with that method and path; of several, the one with the most header fields
    /// that the request has too. nil: none.
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
