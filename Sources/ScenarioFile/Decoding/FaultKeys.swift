import KeyedChance
import Upstream

/// The keys of one item of `faults:`: when the fault is active, which requests it concerns, how
/// often it happens, and its effect.
enum FaultKeys {
    // When the fault is active.
    static let at = Key("at", "When the fault begins. Defaults to 0s.", Form<Int64>.duration)
    static let duration = Key(
        "for", "How long it lasts. Defaults to the end of the scenario.",
        Form<Int64>.positiveDuration)
    static let every = Key(
        "every", "The period after which it begins again. Needs 'for'.",
        Form<Int64>.positiveDuration)
    // Which requests it concerns.
    static let method = Key("method", "Only requests with this method.", Form<String>.method)
    static let path = Key(
        "path", "Only requests to these paths. '*' is one segment, '**' at the end any number.",
        Form<PathPattern>.pathPattern)
    static let client = Key(
        "client", "Only requests of this client, counted from 0.",
        Form<UInt32>.integer(0...UInt32.max))

    /// The keys that a fault can have only if it happens after the request is known.
    private static let ofRequests = ["method", "path", "client"] + FrequencyKeys.names

    static let table = KeyTable(
        "a fault",
        [
            AnyKey(at), AnyKey(duration), AnyKey(every), AnyKey(method), AnyKey(path),
            AnyKey(client),
        ] + FrequencyKeys.keys + EffectKeys.keys, rules: rules)

    private static var rules: [JSON.Member] {
        let ofNoRequest = Schema.not(Schema.either(ofRequests.map { Schema.required($0) }))
        let dependencies =
            EffectKeys.besideStatus.map { Schema.member($0, needs: "status") }
            + [Schema.member("every", needs: "for")]
            + EffectKeys.beforeRequest.map { JSON.Member($0, ofNoRequest) }
        return [
            .init("oneOf", .array(EffectKeys.names.map { Schema.required($0) })),
            .init("not", Schema.severalOf(FrequencyKeys.names)),
            .init("dependencies", .object(dependencies)),
        ]
    }

    static let form = Form<Fault>.mapping({ table }) { reader, findings in
        let schedule = schedule(&reader, &findings)
        let scope = Fault.Scope(
            method: reader.read(method, &findings), path: reader.read(path, &findings),
            client: reader.read(client, &findings))
        let frequency = FrequencyKeys.frequency(&reader, &findings)
        let effect = EffectKeys.effect(&reader, &findings)
        for kind in reader.present(among: EffectKeys.beforeRequest) {
            for name in reader.present(among: ofRequests) {
                findings.report(
                    "'\(kind)' happens before a request is known, so it cannot have '\(name)'",
                    at: reader.place(of: name))
            }
        }
        guard let effect else { return nil }
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
            // The ground truth is evaluated at each recurrence, so very short periods would take
            // too long.
            findings.report("'every' is below 1ms", at: reader.place(of: "every"))
        }
        return schedule
    }
}
