import Upstream

/// The keys of one item of `load:`.
enum LoadKeys {
    static let name = Key(
        "name", "The load's name in metrics and reports. Defaults to load1, load2 and so on.",
        .word(
            pattern: "^[A-Za-z0-9_.-]{1,64}$", "1 to 64 letters, digits, '_', '-' and '.'", isName))
    static let rate = Key(
        "rate", "The rate of requests, for example 30/s, 0.5/s or 90/m.",
        Form<RequestRate>.positiveRate)
    static let ramp = Key(
        "ramp", "A rate that changes linearly over the load's duration.",
        Form<(from: RequestRate, to: RequestRate)>.ramp)
    static let users = Key(
        "users", "The number of users, each of whom has one request at a time. Needs 'think'.",
        Form<UInt32>.integer(1...1_000_000))
    static let think = Key(
        "think", "How long a user pauses before each request.",
        Form<Distribution>.distribution.checked {
            $0.isAlwaysZero ? "is 0; without a pause virtual time would not advance" : nil
        })
    static let arrivals = Key(
        "arrivals", "How arrivals are spread over time. Defaults to constant.",
        Form<Load.Arrivals>.choice)
    static let at = Key("at", "When the load begins. Defaults to 0s.", Form<Int64>.duration)
    static let duration = Key(
        "for", "How long it lasts. Defaults to the end of the scenario.",
        Form<Int64>.positiveDuration)
    static let method = Key("method", "The HTTP method. Defaults to GET.", Form<String>.method)
    static let path = Key(
        "path", "The path of the endpoint. A segment may be a range such as {1..500}.",
        isRequired: true,
        Form<String>.loadPath)
    static let params = Key("params", "Query parameters.", Form<[Parameter]>.parameters)
    static let headers = Key("headers", "Header fields.", Form<[Field]>.fields)
    static let body = Key(
        "body", "The JSON body, as YAML or as a JSON text. Only with POST, PUT and PATCH.",
        BodyForm.request)
    static let useCache = Key(
        "use_cache", "Whether the cache may answer. Defaults to true.", Form<Bool>.boolean)
    static let cancelAfter = Key(
        "cancel_after", "How long after the arrival the caller cancels. Defaults to never.",
        Form<Distribution>.distribution)

    private static let paces = ["rate", "ramp", "users"]

    static let table = KeyTable(
        "a load",
        [
            AnyKey(name), AnyKey(rate), AnyKey(ramp), AnyKey(users), AnyKey(think),
            AnyKey(arrivals), AnyKey(at), AnyKey(duration), AnyKey(method), AnyKey(path),
            AnyKey(params), AnyKey(headers), AnyKey(body), AnyKey(useCache), AnyKey(cancelAfter),
        ],
        later: ["role"],
        rules: [
            .init("oneOf", .array(paces.map { Schema.required($0) })),
            .init(
                "dependencies",
                .object([
                    Schema.member("users", needs: "think"), Schema.member("think", needs: "users"),
                    .init("arrivals", Schema.not(Schema.required("users"))),
                ])),
        ])

    /// A load with its position. Its name is empty if the file gives none.
    static let form = Form<(load: Load, place: Position)>.mapping({ table }) { reader, findings in
        var load = Load(
            name: reader.read(name, &findings) ?? "", rate: pace(&reader, &findings),
            path: reader.read(path, &findings) ?? "")
        load.arrivals = reader.read(arrivals, &findings) ?? load.arrivals
        load.start = reader.read(at, &findings) ?? load.start
        load.duration = reader.read(duration, &findings)
        load.method = reader.read(method, &findings) ?? load.method
        load.params = reader.read(params, &findings) ?? []
        load.headers = reader.read(headers, &findings) ?? []
        load.body = reader.read(body, &findings)
        load.useCache = reader.read(useCache, &findings) ?? load.useCache
        load.cancelAfter = reader.read(cancelAfter, &findings)
        if load.body != nil, HTTPMethod(rawValue: load.method)?.allowsBody == false {
            findings.report(
                "\(load.method) cannot have a body; only POST, PUT and PATCH can",
                at: reader.place(of: "body"))
        }
        return (load, reader.place(of: "name"))
    }

    /// Reads the rate of arrivals. If an error was reported the result has no meaning.
    private static func pace(
        _ reader: inout MappingReader, _ findings: inout Findings
    ) -> Load.Rate {
        let steady = reader.read(rate, &findings).map(Load.Rate.steady)
        let ramped = reader.read(ramp, &findings).map { Load.Rate.ramp(from: $0.from, to: $0.to) }
        let (count, pause) = (reader.read(users, &findings), reader.read(think, &findings))
        if reader.present(among: paces).isEmpty {
            findings.report("a load needs 'rate', 'ramp' or 'users'", at: reader.position)
        }
        reader.reportSeveral(of: paces, &findings)
        if reader.has(users), !reader.has(think) {
            findings.report("'users' needs 'think'", at: reader.place(of: "users"))
        }
        if reader.has(think), !reader.has(users) {
            findings.report(
                "'think' is only allowed together with 'users'", at: reader.place(of: "think"))
        }
        if reader.has(arrivals), reader.has(users) {
            findings.report(
                "'arrivals' is not allowed together with 'users', whose 'think' decides when requests arrive",
                at: reader.place(of: "arrivals"))
        }
        if let count, let pause { return .closed(users: count, think: pause) }
        return steady ?? ramped ?? .steady(.perSecond(0))
    }

    static func isName(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "."),
                    UInt8(ascii: "-"):
                    true
                default: false
                }
            }
    }

    /// Gives a name to the loads that have none, and reports duplicate names.
    static func named(
        _ items: [(load: Load, place: Position)], _ findings: inout Findings
    ) -> [Load] {
        var seen: Set<String> = []
        var loads: [Load] = []
        for (index, item) in items.enumerated() {
            var load = item.load
            if load.name.isEmpty { load.name = "load\(index + 1)" }
            if !seen.insert(load.name).inserted {
                findings.report("two loads have the name '\(load.name)'", at: item.place)
            }
            loads.append(load)
        }
        return loads
    }
}

extension Form where Output == (from: RequestRate, to: RequestRate) {
    private static var from: Key<RequestRate> {
        Key("from", "The rate at the load's start.", isRequired: true, .rate)
    }
    private static var to: Key<RequestRate> {
        Key("to", "The rate at the load's end.", isRequired: true, .rate)
    }

    static var ramp: Form {
        .mapping({ KeyTable("ramp", [AnyKey(from), AnyKey(to)]) }) { reader, findings in
            let (first, last) = (reader.read(from, &findings), reader.read(to, &findings))
            guard let first, let last else { return nil }
            if first.count == 0 && last.count == 0 {
                findings.report("a ramp from 0 to 0 sends nothing", at: reader.position)
                return nil
            }
            return (first, last)
        }
    }
}
