/// The rules about determinism, about dependencies between modules and about style, with their
/// exceptions.
enum SourceRuleTable {
    /// The modules that run inside a simulation.
    static let simulated = [
        "KeyedChance", "APIClient", "Upstream", "Simulation", "SimulatedClient", "Flight",
        "WindtunnelTesting",
    ]
    /// The modules between a seed and an output that must be reproducible.
    static let repeatable = simulated + ["ScenarioFile", "Trace", "Report"]
    /// The modules that must not depend on a platform.
    static let portable = ["KeyedChance", "APIClient", "Upstream"]
    static let everything =
        repeatable + ["Platform", "CurlTransport", "MockUpstream", "windtunnel", "Tests"]

    /// Folders of `Sources` that hold no Swift.
    static let withoutSwift: Set = ["CCurl", "CMicroHTTPD", "CTaskHooks", "CZlib"]

    static let rules =
        tasks + time + chance + identity + imports + style
        + [
            SourceRule(
                name: "libm",
                why: "libm's last bits differ between processors; use ExactMath",
                modules: repeatable,
                check: .phrases(
                    mathFunctions.map { "\($0)(" }, notAfter: [".", "func", "case"])),
            SourceRule(
                name: "libm",
                why: "libm's last bits differ between processors; use ExactMath",
                modules: repeatable,
                check: .phrases(
                    ["Foundation", "Glibc", "Musl", "Darwin"].flatMap { module in
                        mathFunctions.map { "\(module).\($0)(" }
                    })),
        ]

    static let allowances = [
        SourceAllowance(
            rule: "libm", file: "Sources/KeyedChance/NormalDistribution.swift",
            text: "let gauss = exp(",
            reason: "inside ExactMath, whose own exp this is"),
        SourceAllowance(
            rule: "long file", file: "Tests/KeyedChanceTests/MathVectors.swift", text: "0x",
            reason: "a table that dev/make-math-vectors writes"),
        SourceAllowance(
            rule: "platform", file: "Sources/KeyedChance/Link.swift", text: "import Glibc",
            reason: "for the linker only: the standard library's rounding calls into libm"),
        SourceAllowance(
            rule: "platform", file: "Sources/APIClient/SystemTimeSource.swift",
            text: "import Glibc",
            reason: "production's clock where there is Glibc; elsewhere the standard library's"),
        SourceAllowance(
            rule: "Foundation", file: "Sources/APIClient/APIResponse.swift",
            text: "import Foundation", reason: "JSONDecoder, where there is no FoundationEssentials"
        ),
        SourceAllowance(
            rule: "Foundation", file: "Sources/APIClient/JSONValue.swift",
            text: "import Foundation", reason: "JSONDecoder, where there is no FoundationEssentials"
        ),
        SourceAllowance(
            rule: "Foundation", file: "Sources/APIClient/SystemWallClock.swift",
            text: "import Foundation", reason: "the date, where there is no FoundationEssentials"),
        SourceAllowance(
            rule: "wall clock", file: "Sources/APIClient/SystemWallClock.swift", text: "Date()",
            reason: "the live default in production; a simulation brings its own"),
        SourceAllowance(
            rule: "wall clock", file: "Sources/APIClient/APIClient.swift", text: "= .continuous",
            reason: "the live default in production; a simulation brings its own"),
        SourceAllowance(
            rule: "standard chance", file: "Sources/APIClient/ChanceSource.swift",
            text: "SystemRandomNumberGenerator()",
            reason: "the live default in production; a simulation brings its own"),
        SourceAllowance(
            rule: "wall clock", file: "Sources/APIClient/APIClient.swift",
            text: "as? ContinuousClock",
            reason: "the caller's own clock, by its name"),
        SourceAllowance(
            rule: "wall clock", file: "Sources/APIClient/SystemTimeSource.swift",
            text: "ContinuousClock",
            reason: "the live default in production; a simulation brings its own"),
        SourceAllowance(
            rule: "wall clock", file: "Sources/APIClient/SystemTimeSource.swift",
            text: "clock_gettime(",
            reason: "the live default in production; a simulation brings its own"),
        SourceAllowance(
            rule: "unstructured task", file: "Sources/Simulation/Simulation.swift",
            text: "Task(executorPreference: executor",
            reason: "the spawner itself: the task begins and stays on the simulation's executor"),
        SourceAllowance(
            rule: "unstructured task", file: "Sources/Simulation/Simulation.swift",
            text: "return Task { await body() }",
            reason: "the spawner itself, in a simulation that takes all tasks of its thread"),
        SourceAllowance(
            rule: "wall clock", file: "Sources/Flight/WallTime.swift", text: "ContinuousClock",
            reason: "how long a flight really took; nothing that it decides depends on it"),
    ]

    private static let tasks = [
        SourceRule(
            name: "actor",
            why:
                "the optimiser drops some of its hops, so debug and release would order differently",
            modules: simulated,
            check: .phrases(["actor _", "@globalActor", "@MainActor"], notAfter: ["."])),
        SourceRule(
            name: "concurrent",
            why: "it leaves the simulation's executor, as an actor does",
            modules: simulated, check: .phrases(["@concurrent"])),
        SourceRule(
            name: "unstructured task",
            why: "it escapes the simulation; use a task group or async let",
            modules: simulated,
            check: .phrases(
                [
                    "Task {", "Task(", "Task.init", "Task.detached", "Task.immediate",
                    "Task.immediateDetached", "Task<_, _> {", "Task<_, _>(", "Task<_, any _> {",
                    "Task<_, any _>(", "Task<_, _>.detached", "Task<_, any _>.detached",
                ], notAfter: [">", ":"])),
        SourceRule(
            name: "real sleep", why: "it waits in real time; sleep on the clock that is given",
            modules: repeatable,
            check: .phrases([
                "Task.sleep", "Thread.sleep", "usleep(", "nanosleep(", "sleep(forTimeInterval",
            ])),
    ]

    private static let time = [
        SourceRule(
            name: "wall clock", why: "the time comes from the clock that is given",
            modules: repeatable,
            check: .phrases([
                "Date()", "Date.now", "Date(timeIntervalSinceNow", "ContinuousClock",
                "SuspendingClock", ".continuous", ".suspending", "clock_gettime(", "gettimeofday(",
                "DispatchTime",
            ])),
        SourceRule(
            name: "time zone and locale", why: "they differ between machines; format by hand",
            modules: repeatable,
            check: .phrases([
                "TimeZone", "Locale", "Calendar", "DateFormatter", "NumberFormatter", "setlocale(",
                "localtime(", "localtime_r(", "strftime(",
            ])),
        SourceRule(
            name: "environment", why: "a run reads no settings from the environment",
            modules: repeatable,
            check: .phrases(["ProcessInfo", "getenv("])),
    ]

    private static let chance = [
        SourceRule(
            name: "standard chance",
            why: "its sequences may change with the version of Swift; use Chance",
            modules: repeatable,
            check: .phrases([
                ".random(", ".randomElement", ".shuffle", ".shuffled",
                "SystemRandomNumberGenerator",
                "arc4random(", "arc4random_uniform(", "drand48(", "getrandom(",
            ]))
    ]

    private static let identity = [
        SourceRule(
            name: "hash", why: "Swift's hashes differ in every process; hash the bytes yourself",
            modules: repeatable, check: .phrases(["hashValue", "Hasher("])),
        SourceRule(
            name: "address", why: "an object's address differs in every process; number things",
            modules: repeatable, check: .phrases(["ObjectIdentifier"])),
        SourceRule(
            name: "UUID", why: "it is new in every run; make the identifier from Chance",
            modules: repeatable, check: .phrases(["UUID()"])),
    ]

    private static let foundation: Set = [
        "Foundation", "FoundationEssentials", "FoundationInternationalization",
        "FoundationNetworking", "FoundationXML",
    ]

    private static let imports = [
        SourceRule(
            name: "Foundation", why: "it brings clocks, locales and chance within reach",
            modules: ["KeyedChance", "Upstream", "Simulation"], check: .imports(foundation)),
        SourceRule(
            name: "Foundation", why: "JSON needs FoundationEssentials, nothing more",
            modules: ["APIClient"],
            check: .imports(foundation.subtracting(["FoundationEssentials"]))),
        SourceRule(
            name: "platform", why: "the core runs anywhere and does nothing by itself",
            modules: portable,
            check: .imports(["Glibc", "Musl", "Android", "Darwin", "WinSDK", "Dispatch"])),
        SourceRule(
            name: "C library", why: "C is at the rim; a test of the core links no C library",
            modules: portable + ["Simulation", "WindtunnelTesting"],
            check: .imports(["CZlib", "CCurl", "CMicroHTTPD", "CHiredis"])),
        SourceRule(
            name: "direction", why: "APIClient and Upstream know nobody",
            modules: ["APIClient"], check: .imports(Set(everything).subtracting(["APIClient"]))),
        SourceRule(
            name: "direction", why: "APIClient and Upstream know nobody, chance apart",
            modules: ["Upstream"],
            check: .imports(Set(everything).subtracting(["Upstream", "KeyedChance"]))),
        SourceRule(
            name: "direction", why: "Simulation knows neither the client nor the upstream",
            modules: ["Simulation"],
            check: .imports(Set(everything).subtracting(["Simulation", "KeyedChance"]))),
        SourceRule(
            name: "direction",
            why: "MockUpstream performs the model's decisions, and knows no more",
            modules: ["MockUpstream"],
            check: .imports(Set(everything).subtracting(["Platform", "MockUpstream", "Upstream"]))),
        SourceRule(
            name: "direction", why: "Flight knows all but Report and the command line",
            modules: ["Flight"], check: .imports(["Report", "windtunnel"])),
    ]

    private static let style = [
        SourceRule(
            name: "unsafe without a reason",
            why: "say on the line, or the one above, why it is safe",
            modules: everything,
            check: .uncommented(["@unchecked Sendable", "nonisolated(unsafe)"])),
        SourceRule(
            name: "long file", why: "a file has 500 lines at the most",
            modules: everything, check: .fileLines(500)),
        SourceRule(
            name: "long function", why: "a function has 70 lines at the most",
            modules: everything, check: .functionLines(70)),
    ]

    private static let mathFunctions = [
        "exp", "exp2", "exp10", "expm1", "log", "log2", "log10", "log1p", "pow", "sin", "cos",
        "tan", "asin", "acos", "atan", "atan2", "sinh", "cosh", "tanh", "asinh", "acosh", "atanh",
        "cbrt", "hypot", "erf", "erfc", "tgamma", "lgamma",
    ]
}
