import Chance
import Upstream

/// The keys of one item of `faults:`.
enum FaultKeys {
    // When.
    static let at = Key("at", "When it begins; 0s where left out.", Form<Int64>.duration)
    static let duration = Key(
        "for", "How long it lasts; to the end where left out.", Form<Int64>.positiveDuration)
    static let every = Key(
        "every", "Begins again after each such time; with 'for'.", Form<Int64>.positiveDuration)
    // Whom.
    static let method = Key("method", "Requests with this method only.", Form<String>.method)
    static let path = Key(
        "path", "Requests to such paths only; '*' is a segment, '**' at the end any number.",
        Form<PathPattern>.pathPattern)
    static let client = Key(
        "client", "Requests of this client only, from 0.", Form<UInt32>.integer(0...UInt32.max))
    // How often.
    static let probability = Key(
        "probability", "Each attempt on its own, this often.", Form<Ratio>.share)
    static let sequence = Key(
        "sequence", "The first attempts only.", Form<Fault.Frequency>.sequence)
    // What.
    static let status = Key("status", "An error answer with this status.", Form<Int>.status)
    static let latency = Key("latency", "Extra time before the answer.", Form<Law>.law)
    static let hang = Key("hang", "Accepted and never answered.", Form<Bool>.onlyTrue)
    static let refuse = Key("refuse", "Nobody listens.", Form<Bool>.onlyTrue)
    static let reset = Key(
        "reset", "The connection is reset instead of an answer.", Form<Bool>.onlyTrue)
    static let malformedJSON = Key(
        "malformed_json", "The answer's JSON is cut in the middle.", Form<Bool>.onlyTrue)
    // Beside a status.
    static let retryAfter = Key(
        "retry_after", "When the client may come back.", Form<RetryAfterField>.retryAfter)
    static let headers = Key("headers", "Header fields of the error answer.", Form<[Field]>.fields)
    static let body = Key("body", "The error answer's body.", BodyForm.answer)

    static let effects = ["status", "latency", "hang", "refuse", "reset", "malformed_json"]
    static let scopes = ["method", "path", "client", "probability", "sequence"]
    static let besideStatus = ["retry_after", "headers", "body"]

    static let table = KeyTable(
        "a fault",
        [
            AnyKey(at), AnyKey(duration), AnyKey(every), AnyKey(method), AnyKey(path),
            AnyKey(client), AnyKey(probability), AnyKey(sequence), AnyKey(status), AnyKey(latency),
            AnyKey(hang), AnyKey(refuse), AnyKey(reset), AnyKey(malformedJSON), AnyKey(retryAfter),
            AnyKey(headers), AnyKey(body),
        ],
        later: [
            "burst", "reset_mid_body", "truncate", "empty", "garbage", "bad_chunk", "drip",
            "wrong_schema", "headers_cut", "duplicate_length", "huge_headers", "bad_gzip",
            "expired",
            "wrong_host", "untrusted", "handshake_hang",
        ],
        rules: rules)

    private static var rules: [JSON.Member] {
        let status = JSON.array([.string("status")])
        let notScoped = JSON.object([
            .init("not", Schema.either(scopes.map { Schema.required($0) }))
        ])
        let dependencies =
            besideStatus.map { JSON.Member($0, status) } + [
                .init("every", .array([.string("for")])), .init("refuse", notScoped),
            ]
        return [
            .init("oneOf", .array(effects.map { Schema.required($0) })),
            .init("not", Schema.required("probability", "sequence")),
            .init("dependencies", .object(dependencies)),
        ]
    }

    static let form = Form<Fault>.mapping({ table }) { reader, findings in
        let schedule = schedule(&reader, &findings)
        let scope = Fault.Scope(
            method: reader.read(method, &findings), path: reader.read(path, &findings),
            client: reader.read(client, &findings))
        let share = reader.read(probability, &findings)
        let sequence = reader.read(sequence, &findings)
        let frequency = share.map(Fault.Frequency.probability) ?? sequence ?? .always
        if reader.has(probability) && reader.has(Self.sequence) {
            findings.report(
                "a fault has 'probability' or 'sequence', not both",
                at: reader.place(of: "sequence"))
        }
        guard let effect = effect(&reader, &findings) else { return nil }
        return Fault(schedule: schedule, scope: scope, frequency: frequency, effect: effect)
    }

    private static func schedule(_ reader: inout MappingReader, _ findings: inout Findings)
        -> Schedule
    {
        let schedule = Schedule(
            start: reader.read(at, &findings) ?? 0, duration: reader.read(duration, &findings),
            period: reader.read(every, &findings))
        if reader.has(every), !reader.has(duration) {
            findings.report("'every' needs 'for'", at: reader.place(of: "every"))
        } else if let period = schedule.period, let duration = schedule.duration, period < duration
        {
            findings.report("'every' is shorter than 'for'", at: reader.place(of: "every"))
        } else if let period = schedule.period, period < 1_000_000 {
            // Each recurrence is an instant at which the ground truth is looked at.
            findings.report("'every' is below 1ms", at: reader.place(of: "every"))
        }
        return schedule
    }

    /// The one thing that the fault does; nil where something was reported.
    private static func effect(
        _ reader: inout MappingReader, _ findings: inout Findings
    ) -> Fault.Effect? {
        let known = findings.count
        let answer = answer(&reader, &findings)
        let found: [Fault.Effect?] = [
            answer.map(Fault.Effect.status),
            reader.read(latency, &findings).map { .latency(LatencyFault(law: $0)) },
            reader.read(hang, &findings).map { _ in .hang(HangFault()) },
            reader.read(refuse, &findings).map { _ in .refuse(RefuseFault()) },
            reader.read(reset, &findings).map { _ in .reset(ResetFault()) },
            reader.read(malformedJSON, &findings).map { _ in .malformedJSON(MalformedJSONFault()) },
        ]
        let present = reader.present(among: effects)
        if present.count > 1 {
            findings.report(
                "a fault does one thing, this one \(present.count): "
                    + present.joined(separator: ", "),
                at: reader.place(of: present[1]))
        } else if present.isEmpty, findings.count == known, !reader.hasUnknownKeys {
            findings.report(
                "a fault without an effect", at: reader.position,
                expected: "one of \(effects.joined(separator: ", "))")
        }
        if !reader.has(status) {
            for name in reader.present(among: besideStatus) {
                findings.report("'\(name)' stands only beside 'status'", at: reader.place(of: name))
            }
        }
        if reader.has(refuse) {
            for name in reader.present(among: scopes) {
                findings.report(
                    "'refuse' happens before a request is known, so it cannot have '\(name)'",
                    at: reader.place(of: name))
            }
        }
        if let answer, answer.body != nil, let message = Form<Int>.bodyProblem(answer.status) {
            findings.report(message, at: reader.place(of: "body"))
        }
        return found.compactMap { $0 }.first
    }
}

extension FaultKeys {
    /// An error answer; nil where there is none.
    private static func answer(_ reader: inout MappingReader, _ findings: inout Findings)
        -> StatusFault?
    {
        // All are read first: what stands beside a wrong status is checked too.
        let status = reader.read(status, &findings)
        let retryAfter = reader.read(retryAfter, &findings)
        let headers = reader.read(headers, &findings) ?? []
        let body = reader.read(body, &findings)
        return status.map {
            StatusFault(status: $0, retryAfter: retryAfter, headers: headers, body: body)
        }
    }
}

extension Form where Output == Int {
    /// A final status: 1xx answers announce another one, so no client would end on them.
    static var status: Form { .integer(200...599) }

    /// Why an answer of this status has no body; nil where it may have one.
    static func bodyProblem(_ status: Int) -> String? {
        status == 204 || status == 304 ? "an answer with status \(status) has no body" : nil
    }
}

extension Form where Output == Fault.Frequency {
    private static var fail: Key<UInt32> {
        Key("fail", "How many attempts fail.", isRequired: true, .integer(1...1_000_000))
    }
    private static var of: Key<Fault.Frequency.Population> {
        Key("of", "Of each request, or of all together; each_request where left out.", .choice)
    }

    static var sequence: Form {
        .mapping({ KeyTable("sequence", [AnyKey(fail), AnyKey(of)]) }) { reader, findings in
            let (fail, of) = (reader.read(fail, &findings), reader.read(of, &findings))
            return fail.map { .sequence(fail: $0, of: of ?? .eachRequest) }
        }
    }
}

extension Form where Output == RetryAfterField {
    private static var date: Key<Int64> {
        Key("date", "An HTTP-date this long after the answer.", .wholeSeconds)
    }
    private static var raw: Key<String> {
        Key("raw", "Any text, such as a malformed one.", .text.checked(HTTPField.problem(value:)))
    }
    private static var table: KeyTable {
        KeyTable(
            "retry_after", [AnyKey(date), AnyKey(raw)],
            rules: [.init("minProperties", .integer(1)), .init("maxProperties", .integer(1))])
    }

    /// `5s`, `{ date: 5s }` or `{ raw: "soon" }`.
    static var retryAfter: Form {
        Form(schema: { Schema.either([Form<Int64>.wholeSeconds.schema(), table.schema]) }) {
            value, name, findings in
            guard case .mapping = value.content else {
                return Form<Int64>.wholeSeconds.read(value, name, &findings).map(
                    RetryAfterField.seconds)
            }
            guard var reader = MappingReader(value, name, table, &findings) else { return nil }
            let (after, text) = (reader.read(date, &findings), reader.read(raw, &findings))
            reader.finish()
            if reader.has(date) == reader.has(raw), !reader.hasUnknownKeys {
                findings.report("'\(name)' has either 'date' or 'raw'", at: reader.position)
            }
            return after.map(RetryAfterField.date(seconds:)) ?? text.map(RetryAfterField.raw)
        }
    }
}
