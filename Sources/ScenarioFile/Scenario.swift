public import Upstream

/// The plan of one flight with every default filled in: what the clients send, how the upstream
/// behaves, and what must hold in the end.
public struct Scenario: Sendable, Hashable {
    /// The name in reports: one line of at most 200 characters. In a file it defaults to the file's
    /// name without extension.
    public var name: String
    /// The requirements that the scenario verifies, for example `REQ.01.21.02`. Defaults to none.
    public var requirements: [String]
    /// A description for readers. It has no effect and defaults to an empty text.
    public var description: String
    /// The seed of all random decisions. Defaults to 42. The same scenario and seed give the same
    /// flight.
    public var seed: UInt64
    /// How long requests arrive. Nanoseconds, above 0 and at most 10 years.
    public var duration: Int64
    /// The length of the first part, whose requests are made but not counted. Nanoseconds, below
    /// `duration`; defaults to 0.
    public var warmup: Int64
    /// The date and time at virtual time 0. Nanoseconds since 1970-01-01T00:00:00Z; defaults to
    /// 2026-01-01T00:00:00Z.
    public var epoch: Int64
    /// The clients that send the requests. Defaults to one client.
    public var fleet: Fleet
    /// The settings of every client. Defaults to those of REQ-01.
    public var client: ClientSettings
    /// The loads, at least one.
    public var loads: [Load]
    /// How the upstream answers and which faults it has. Defaults to instant answers without
    /// faults.
    public var upstream: UpstreamConfiguration
    /// The hours that count for the availability figures. nil, the default, means all hours.
    public var window: BusinessWindow?
    /// The conditions that must hold in the end, in the order of the file. Defaults to none.
    public var expectations: [Expectation]

    /// The default of `epoch`: 2026-01-01T00:00:00Z in nanoseconds since 1970-01-01T00:00:00Z.
    public static let defaultEpoch: Int64 = 1_767_225_600_000_000_000
    static let defaultSeed: UInt64 = 42

    /// Creates a scenario. The values are not checked.
    public init(
        name: String, requirements: [String] = [], description: String = "", seed: UInt64 = 42,
        duration: Int64, warmup: Int64 = 0, epoch: Int64 = Scenario.defaultEpoch,
        fleet: Fleet = Fleet(), client: ClientSettings = ClientSettings(), loads: [Load],
        upstream: UpstreamConfiguration = UpstreamConfiguration(), window: BusinessWindow? = nil,
        expectations: [Expectation] = []
    ) {
        self.name = name
        self.requirements = requirements
        self.description = description
        self.seed = seed
        self.duration = duration
        self.warmup = warmup
        self.epoch = epoch
        self.fleet = fleet
        self.client = client
        self.loads = loads
        self.upstream = upstream
        self.window = window
        self.expectations = expectations
    }
}

/// The clients of a flight. All have the same settings; each has its own identity and its own
/// random decisions.
public struct Fleet: Sendable, Hashable {
    /// The number of clients, 1 to 10 000. Defaults to 1.
    public var count: UInt32
    /// Whether all clients share one cache in memory. Defaults to `false`: each client has its own.
    public var sharesCache: Bool

    /// Creates a fleet, by default of one client.
    public init(count: UInt32 = 1, sharesCache: Bool = false) {
        (self.count, self.sharesCache) = (count, sharesCache)
    }
}

/// The keys of a scenario file.
enum ScenarioKeys {
    private static let nameLengthMax = 200

    static let format = Key(
        "format", "The file format's version: 1.", isRequired: true, Form<Int>.formatVersion)
    static let name = Key(
        "name", "The name in reports. Defaults to the file's name.",
        Form<String>.line(max: nameLengthMax)
    )
    static let requirements = Key(
        "requirements", "The requirements that the scenario verifies.",
        Form<[String]>.list(of: .line(max: 200)))
    static let description = Key(
        "description", "A description for readers. It has no effect.", Form<String>.text)
    static let seed = Key(
        "seed", "The seed of all random decisions. Defaults to 42.",
        Form<UInt64>.integer(0...UInt64.max))
    static let duration = Key(
        "duration", "How long requests arrive.", isRequired: true, Form<Int64>.positiveDuration)
    static let warmup = Key(
        "warmup", "The first part, which is flown but not counted. Defaults to 0s.",
        Form<Int64>.duration)
    static let epoch = Key(
        "epoch", "The date and time at virtual time 0. Defaults to 2026-01-01T00:00:00Z.",
        Form<Int64>.quantity(Timestamp.expected, pattern: Timestamp.pattern, parse: Timestamp.parse)
    )
    static let reference = Key(
        "reference",
        "How long an answer may take before the upstream counts as failing. Defaults to 5s.",
        Form<Int64>.positiveDuration)
    static let clients = Key(
        "clients", "The number of clients. Defaults to 1.", FleetKeys.form)
    static let client = Key(
        "client", "The client's settings. Each defaults to the value in REQ-01.", ClientKeys.form)
    static let load = Key(
        "load", "The requests that the clients make.", isRequired: true,
        Form<[(load: Load, place: Position)]>.list(of: LoadKeys.form, least: 1))
    static let upstream = Key(
        "upstream", "How the upstream answers, and its faults.", UpstreamKeys.form)
    static let window = Key(
        "window", "The hours in UTC that count for availability. Defaults to all.", WindowKeys.form)
    static let expect = Key(
        "expect", "The conditions that must hold in the end.",
        Form<[ExpectationKeys.Placed]>.list(of: ExpectationKeys.form))

    static let table = KeyTable(
        "a scenario",
        [
            AnyKey(format), AnyKey(name), AnyKey(requirements), AnyKey(description), AnyKey(seed),
            AnyKey(duration), AnyKey(warmup), AnyKey(epoch), AnyKey(reference),
            AnyKey(clients), AnyKey(client), AnyKey(load), AnyKey(upstream), AnyKey(window),
            AnyKey(expect),
        ])

    /// Reads a scenario from the file's value. The result is incomplete if `findings` is not empty,
    /// and nil if the value is not a mapping.
    static func read(_ value: Value, file: String, _ findings: inout Findings) -> Scenario? {
        guard var reader = MappingReader(value, "scenario", table, &findings) else { return nil }
        _ = reader.read(format, &findings)
        let loads = LoadKeys.named(reader.read(load, &findings) ?? [], &findings)
        var scenario = Scenario(
            name: reader.read(name, &findings) ?? stem(of: file),
            requirements: reader.read(requirements, &findings) ?? [],
            description: reader.read(description, &findings) ?? "",
            seed: reader.read(seed, &findings) ?? Scenario.defaultSeed,
            duration: reader.read(duration, &findings) ?? 0, loads: loads)
        scenario.warmup = reader.read(warmup, &findings) ?? scenario.warmup
        scenario.epoch = reader.read(epoch, &findings) ?? scenario.epoch
        scenario.fleet = reader.read(clients, &findings) ?? scenario.fleet
        scenario.client = reader.read(client, &findings) ?? scenario.client
        scenario.upstream = reader.read(upstream, &findings) ?? scenario.upstream
        if let limit = reader.read(reference, &findings) {
            scenario.upstream.referenceTimeout = limit
        }
        scenario.window = reader.read(window, &findings)
        let names = loads.map(\.name)
        scenario.expectations = (reader.read(expect, &findings) ?? []).compactMap { placed in
            var expectation = ExpectationParser.parse(
                placed.text, at: placed.position, loads: names, &findings)
            expectation?.isAdvisory = placed.isAdvisory
            return expectation
        }
        if scenario.duration > 0, scenario.warmup >= scenario.duration {
            findings.report(
                "'warmup' (\(DurationText.text(scenario.warmup))) is not shorter than 'duration' "
                    + "(\(DurationText.text(scenario.duration)))", at: reader.place(of: "warmup"))
        }
        reader.finish()
        return scenario
    }

    /// The name of a scenario without `name:`, for example `rate_limited` for
    /// `scenarios/rate_limited.yaml`. Control characters, which a name cannot contain, become `?`.
    private static func stem(of file: String) -> String {
        var name = file.split(separator: "/").last.map(String.init) ?? file
        if let dot = name.lastIndex(of: "."), dot > name.startIndex { name = String(name[..<dot]) }
        let scalars = name.unicodeScalars.prefix(Self.nameLengthMax).map {
            $0.properties.generalCategory == .control ? "?" : $0
        }
        return scalars.isEmpty ? "scenario" : String(String.UnicodeScalarView(scalars))
    }
}

extension Form where Output == Int {
    static var formatVersion: Form {
        Form(schema: { .object([.init("const", .integer(1))]) }) { value, name, findings in
            if case .scalar("1", isPlain: true) = value.content { return 1 }
            findings.report(
                "format \(value.scalarText.map(quoted) ?? value.kind) is not supported "
                    + "by this version",
                at: value.position, expected: "1")
            return nil
        }
    }
}
