import Upstream

/// The keys of `upstream:`.
enum UpstreamKeys {
    static let latency = Key(
        "latency", "The latency of every route without its own. Defaults to 0s.",
        Form<Distribution>.distribution)
    static let capacity = Key(
        "capacity", "How many requests it handles at a time. Defaults to any number.",
        CapacityKeys.form)
    static let quota = Key(
        "quota", "How many requests it lets through. Defaults to all.", QuotaKeys.form)
    static let routes = Key(
        "routes", "The answers by path and method. The first route that matches is used.",
        Form<[Route]>.list(of: RouteKeys.form))
    static let faults = Key(
        "faults", "The faults. Of several that end an answer the first one applies.",
        Form<[Fault]>.list(of: FaultKeys.form))

    static let table = KeyTable(
        "upstream",
        [AnyKey(latency), AnyKey(capacity), AnyKey(quota), AnyKey(routes), AnyKey(faults)])

    static let form = Form<UpstreamConfiguration>.mapping({ table }) { reader, findings in
        UpstreamConfiguration(
            latency: reader.read(latency, &findings) ?? .fixed(0),
            capacity: reader.read(capacity, &findings), quota: reader.read(quota, &findings),
            routes: reader.read(routes, &findings) ?? [],
            faults: reader.read(faults, &findings) ?? [])
    }
}

/// The keys of one item of `routes:`.
enum RouteKeys {
    static let path = Key(
        "path", "The paths. '*' is a segment, '**' at the end any number, {1..9} a number.",
        isRequired: true, Form<PathPattern>.pathPattern)
    static let method = Key("method", "The method. Defaults to all.", Form<String>.method)
    static let latency = Key(
        "latency", "The latency of this route. Defaults to the upstream's.",
        Form<Distribution>.distribution)
    static let status = Key("status", "The answer's status. Defaults to 200.", Form<Int>.status)
    static let headers = Key("headers", "The answer's header fields.", Form<[Field]>.answerFields)
    static let body = Key("body", "The answer's body, as YAML or as a text.", BodyForm.answer)
    static let schema = Key(
        "schema", "A JSON Schema (draft 7) that clients check its 2xx answers against.",
        SchemaForm.form)

    static let table = KeyTable(
        "a route",
        [
            AnyKey(path), AnyKey(method), AnyKey(latency), AnyKey(status), AnyKey(headers),
            AnyKey(body), AnyKey(schema),
        ])

    static let form = Form<Route>.mapping({ table }) { reader, findings in
        let path = reader.read(path, &findings)
        let method = reader.read(method, &findings)
        let latency = reader.read(latency, &findings)
        let status = reader.read(status, &findings) ?? 200
        let headers = reader.read(headers, &findings) ?? []
        let body = reader.read(body, &findings)
        let schema = reader.read(schema, &findings)
        if body != nil, let message = Form<Int>.bodyProblem(status) {
            findings.report(message, at: reader.place(of: "body"))
        }
        guard let path else { return nil }
        return Route(
            path: path, method: method, latency: latency, status: status, headers: headers,
            body: body, schema: schema)
    }
}
