import APIClient
import Upstream

/// The parsed response schemas of a scenario's routes. Clients check answers against them.
struct ExpectedSchemas {
    private var routes: [(route: Route, schema: JSONSchema?)] = []

    /// Makes a set without schemas: no answer is checked.
    init() {}

    /// - Throws: ``FlightError`` if a route's schema is invalid, which cannot happen for a scenario read from a file.
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

    /// The schema of the first route that matches; nil: its answers are not checked.
    func schema(_ method: String, _ path: String) -> JSONSchema? {
        for (route, schema) in routes {
            if let own = route.method, own != method { continue }
            if route.path.matches(path) { return schema }
        }
        return nil
    }
}
