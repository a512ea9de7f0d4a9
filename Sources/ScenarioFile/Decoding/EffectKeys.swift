import Upstream

/// The keys that name a fault's effect, of which a fault has exactly one, and the keys that may
/// stand beside `status`.
enum EffectKeys {
    private static let status = Key("status", "An error answer with this status.", Form<Int>.status)
    private static let latency = Key(
        "latency", "Extra time before the answer.", Form<Distribution>.distribution)
    private static let drip = Key(
        "drip", "The body arrives slowly, over this extra time.", Form<Distribution>.distribution)

    /// The effects without settings, written for example `hang: true`. Adding an effect of this
    /// kind takes one line here.
    private static let plain = [
        Plain(.hang(HangFault()), "The request is read and never answered."),
        Plain(.refuse(RefuseFault()), "The connection is refused."),
        Plain(.reset(ResetFault()), "The connection is reset instead of an answer."),
        Plain(
            .resetMidBody(ResetMidBodyFault()),
            "The connection is reset in the middle of the body."),
        Plain(
            .truncate(TruncateFault()),
            "The connection is closed before the announced length was sent."),
        Plain(.empty(EmptyFault()), "The connection is closed without a byte of an answer."),
        Plain(.garbage(GarbageFault()), "The answer consists of bytes that are not HTTP."),
        Plain(
            .badChunk(BadChunkFault()),
            "The length of a chunk of the body is not a number."),
        Plain(.malformedJSON(MalformedJSONFault()), "The answer's JSON is cut in the middle."),
        Plain(
            .wrongSchema(WrongSchemaFault()),
            "Every value of the answer's JSON has another type."),
        Plain(
            .headersCut(HeadersCutFault()), "The connection is closed between two header fields."),
        Plain(
            .duplicateLength(DuplicateLengthFault()),
            "The answer announces two different lengths."),
        Plain(
            .hugeHeaders(HugeHeadersFault()),
            "The answer has a header field larger than clients accept."),
        Plain(
            .badGzip(BadGzipFault()),
            "The answer is marked as gzip but cannot be decompressed."),
        Plain(.expired(ExpiredCertificateFault()), "The certificate has expired."),
        Plain(.wrongHost(WrongHostCertificateFault()), "The certificate is for another host."),
        Plain(
            .untrusted(UntrustedCertificateFault()),
            "The certificate is signed by an authority that the client does not trust."),
        Plain(.handshakeHang(HandshakeHangFault()), "The TLS handshake is never answered."),
    ]

    private struct Plain: Sendable {
        let effect: Fault.Effect
        let key: Key<Bool>

        init(_ effect: Fault.Effect, _ meaning: String) {
            self.effect = effect
            key = Key(effect.kind, meaning, .onlyTrue)
        }
    }

    // These keys may stand only beside `status`.
    private static let retryAfter = Key(
        "retry_after", "The Retry-After field of the error answer.",
        Form<RetryAfterField>.retryAfter)
    private static let headers = Key(
        "headers", "Header fields of the error answer.", Form<[Field]>.answerFields)
    private static let body = Key("body", "The body of the error answer.", BodyForm.answer)

    private static let effects =
        [AnyKey(status), AnyKey(latency), AnyKey(drip)] + plain.map { AnyKey($0.key) }
    private static let parts = [AnyKey(retryAfter), AnyKey(headers), AnyKey(body)]

    static let keys = effects + parts
    /// The names of the effects. A fault has exactly one.
    static let names = effects.map(\.name)
    /// The effects that happen before the upstream has read a request.
    static let beforeRequest = plain.filter(\.effect.isBeforeRequest).map(\.key.name)
    static let besideStatus = parts.map(\.name)

    /// Reads the effect of a fault; nil if an error was reported.
    static func effect(_ reader: inout MappingReader, _ findings: inout Findings) -> Fault.Effect? {
        let known = findings.count
        let answer = answer(&reader, &findings)
        var found: [Fault.Effect?] = [
            answer.map(Fault.Effect.status),
            reader.read(latency, &findings).map { .latency(LatencyFault(distribution: $0)) },
            reader.read(drip, &findings).map { .drip(DripFault(distribution: $0)) },
        ]
        for kind in plain {
            found.append(reader.read(kind.key, &findings).map { _ in kind.effect })
        }
        let present = reader.present(among: names)
        if present.count > 1 {
            findings.report(
                "a fault has exactly one effect, this one has \(present.count): "
                    + present.joined(separator: ", "),
                at: reader.place(of: present[1]))
        } else if present.isEmpty, findings.count == known, !reader.hasUnknownKeys {
            findings.report(
                "a fault without an effect", at: reader.position,
                expected: "one of \(names.joined(separator: ", "))")
        }
        if !reader.has(status) {
            for name in reader.present(among: besideStatus) {
                findings.report(
                    "'\(name)' is only allowed together with 'status'", at: reader.place(of: name))
            }
        }
        if let answer, answer.body != nil, let message = Form<Int>.bodyProblem(answer.status) {
            findings.report(message, at: reader.place(of: "body"))
        }
        return found.compactMap { $0 }.first
    }

    /// Reads an error answer; nil if the fault has no valid `status`.
    private static func answer(_ reader: inout MappingReader, _ findings: inout Findings)
        -> StatusFault?
    {
        // All keys are read first, so that errors in them are reported even if the status is wrong.
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
    /// A final status, 200 to 599. 1xx statuses only announce a final one, so they cannot end a
    /// request.
    static var status: Form { .integer(200...599) }

    /// The message for a body beside a status that cannot have one; nil if the status can.
    static func bodyProblem(_ status: Int) -> String? {
        Answer.mayHaveBody(status) ? nil : "an answer with status \(status) has no body"
    }
}

extension Form where Output == RetryAfterField {
    private static var date: Key<Int64> {
        Key("date", "An HTTP-date this long after the answer.", .wholeSeconds)
    }
    private static var raw: Key<String> {
        Key(
            "raw", "Any text, for example a malformed value.",
            .text.checked(HTTPField.problem(answerValue:)))
    }
    private static var table: KeyTable {
        KeyTable(
            "retry_after", [AnyKey(date), AnyKey(raw)],
            rules: [.init("minProperties", .integer(1)), .init("maxProperties", .integer(1))])
    }

    /// A Retry-After: `5s`, `{ date: 5s }` or `{ raw: "soon" }`.
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
                findings.report(
                    "'\(name)' needs exactly one of 'date' and 'raw'", at: reader.position)
            }
            return after.map(RetryAfterField.date(seconds:)) ?? text.map(RetryAfterField.raw)
        }
    }
}
