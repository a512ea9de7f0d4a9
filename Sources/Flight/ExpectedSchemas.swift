import APIClient
import Upstream

/// The schemas of a scenario's routes, read once: what the clients check answers against.
struct ExpectedSchemas {
    private var routes: [(route: Route, schema: JSONSchema?)] = []

    /// No schemas.
    init() {}

    /// - Throws: ``FlightError`` where a route's schema is none; scenario files cannot hold such.
    init(_ routes: [Route]) throws(FlightError) {
        guard routes.contains(where: { $0.schema != nil }) else { return }
        for route in routes {
            guard let text = route.schema else {
                self.routes.append((route, nil))
                continue
            }
            do {
                self.routes.append((route, try JSONSchema(parsing: Array(text.utf8))))
            } catch {
                throw FlightError(
                    .environment, "the schema of route '\(route.path.description)': \(error)")
            }
        }
    }

    /// That of the route that answers such a request; nil: its answers are not checked.
    func schema(_ method: String, _ path: String) -> JSONSchema? {
        for (route, schema) in routes {
            if let own = route.method, own != method { continue }
            if route.path.matches(path) { return schema }
        }
        return nil
    }
}
