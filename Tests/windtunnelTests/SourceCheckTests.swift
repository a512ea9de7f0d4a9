import Testing

/// Tests of the source check: what it must find and what it must accept.
@Suite struct SourceCheckTests {
    static let found: [(rule: String, code: String)] = [
        ("actor", "public actor Store {}"),
        ("actor", "@MainActor func show() {}"),
        ("concurrent", "@concurrent func load() async {}"),
        ("unstructured task", "Task { await run() }"),
        ("unstructured task", "let task = Task(priority: .high) { 1 }"),
        ("unstructured task", "Task\n{ run() }"),
        ("unstructured task", "_ = Task.detached { run() }"),
        ("unstructured task", "let task = Task<Void, Never> { run() }"),
        ("unstructured task", "let task = Task<Int, any Error> { 1 }"),
        ("real sleep", "try await Task.sleep(for: .seconds(1))"),
        ("wall clock", "let now = Date()"),
        ("wall clock", "let now = Date . now"),
        ("wall clock", "let text = \"at \\(Date())\""),
        ("wall clock", "let text = #\"at \\#(f(\")\", Date()))\"#"),
        ("wall clock", "clock: some Clock<Duration> = .continuous"),
        ("wall clock", "let clock: ContinuousClock"),
        ("time zone and locale", "let zone = TimeZone.current"),
        ("environment", "let home = ProcessInfo.processInfo.environment"),
        ("standard chance", "let x = Int.random(in: 0..<3)"),
        ("standard chance", "let x = list.randomElement()"),
        ("standard chance", "list.shuffle(using: &generator)"),
        ("standard chance", "let list = list.shuffled()"),
        ("standard chance", "var generator = SystemRandomNumberGenerator()"),
        ("hash", "let key = name.hashValue"),
        ("hash", "var hasher = Hasher()"),
        ("address", "let id = ObjectIdentifier(self)"),
        ("UUID", "let id = UUID().uuidString"),
        ("Foundation", "import Foundation"),
        ("Foundation", "private import struct Foundation.Data"),
        ("platform", "@preconcurrency import Glibc"),
        ("C library", "internal import CZlib"),
        ("direction", "import Upstream"),
        ("libm", "let y = exp(x)"),
        ("libm", "let y = -pow(x, 2)"),
        ("libm", "let y = Foundation.log(x)"),
        ("unsafe without a reason", "final class Box: @unchecked Sendable {}"),
        ("unsafe without a reason", "// Why.\n\nnonisolated(unsafe) var x = 0"),
    ]

    @Test("What a rule forbids is found", arguments: found)
    func finds(rule: String, code: String) {
        #expect(Self.rulesBroken(by: code) == [rule])
    }

    static let leftAlone = [
        "// Task { } and Date() and actor Store",
        "/* Date() /* UUID() */ exp(1) */ let x = 1",
        "/// `Task.sleep` waits\nlet x = 1",
        "let text = \"Date() and \\\" UUID()\"",
        "let text = \"\"\"\n  Task { \"exp(1)\" }\n  \"\"\"",
        "let text = #\"a \" Date() \\(exp(1)) \"#",
        "let text = #\"\"\"#; let other = 1",
        "let text = ##\"\"\"\n \"# Date() \"\"\"# \n\"\"\"##",
        "let pattern = /\"Date()/",
        "let pattern = #/ \" Date() /#",
        "let ratio = a / b; let half = c / 2",
        "let task: Task<Void, Never>",
        "func start() -> Task<Void, Never> { running }",
        "struct TaskTable { var actors: [Int] }",
        "let factor = actor",
        "try Task.checkCancellation()",
        "let now = HTTPDate()",
        "let y = ExactMath.exp(x)",
        "static func log(_ x: Double) -> Double { x }",
        "logger.log(level: .info, message)",
        "enum Kind { case log(Int), none }",
        "let power = power(x)",
        "func hash(into hasher: inout Hasher) { hasher.combine(1) }",
        "chance.below(3)",
        "import FoundationEssentials",
        "import Synchronization",
        "// One owner: the lock.\nfinal class Box: @unchecked Sendable {}",
        "nonisolated(unsafe) var x = 0  // Set once, before any thread.",
    ]

    @Test("Comments, literals and names that only look alike are left alone", arguments: leftAlone)
    func leavesAlone(code: String) {
        #expect(Self.rulesBroken(by: code) == [])
    }

    @Test("Every rule is shown to find something")
    func everyRuleIsProven() {
        let proven = Set(Self.found.map(\.rule)).union(["long file", "long function"])
        #expect(Set(SourceRuleTable.rules.map(\.name)) == proven)
    }

    @Test("A file has 500 lines at the most", arguments: [(1, false), (500, false), (501, true)])
    func fileLength(lines: Int, isFound: Bool) {
        let code = String(repeating: "\n", count: lines)
        #expect(Self.rulesBroken(by: code) == (isFound ? ["long file"] : []))
    }

    static let functions: [(head: String, lines: Int, isFound: Bool)] = [
        ("func f() {", 70, false),
        ("func f() {", 71, true),
        ("static func < (a: A, b: A) -> Bool {", 71, true),
        ("func f(x: () -> Void = { }) async throws(E) where A: B {", 71, true),
        ("init?(x: Int) {", 71, true),
        ("subscript(x: Int) -> Int {", 71, true),
        ("deinit {", 71, true),
        ("protocol P { func f() -> Int; var x: Int { get };", 71, false),
        ("struct S { let f: Int; init() { self.init(1) };", 71, false),
        ("let table = [1].map {", 71, false),
    ]

    @Test("A function has 70 lines at the most; a requirement has none", arguments: functions)
    func functionLength(head: String, lines: Int, isFound: Bool) {
        let code = head + String(repeating: "\n", count: lines - 1) + "}"
        #expect(Self.rulesBroken(by: code) == (isFound ? ["long function"] : []))
    }

    @Test("A finding names the file, the line, the rule, the code and what to do")
    func findingIsReadable() throws {
        let rule = try #require(SourceRuleTable.rules.first { $0.name == "UUID" })
        let finding = try #require(
            rule.findings(in: SourceText("// One.\n\n    let id = UUID()  \n"), file: "A.swift")
                .first)
        #expect(
            finding.description == """
                A.swift:3: [UUID] let id = UUID()
                    it is new in every run; make the identifier from Chance
                """)
    }

    @Test("An allowance covers its rule in its file on lines with its text, nothing else")
    func allowanceIsNarrow() {
        let allowance = SourceAllowance(
            rule: "hash", file: "A.swift", text: "x.hashValue", reason: "-")
        func covers(_ rule: String, _ file: String, _ text: String) -> Bool {
            allowance.covers(SourceFinding(rule: rule, file: file, line: 1, text: text, why: ""))
        }
        #expect(covers("hash", "A.swift", "let h = x.hashValue"))
        #expect(!covers("UUID", "A.swift", "let h = x.hashValue"))
        #expect(!covers("hash", "B.swift", "let h = x.hashValue"))
        #expect(!covers("hash", "A.swift", "let h = y.hashValue"))
    }

    /// The rules of `APIClient` that a file with this text would break, each once.
    private static func rulesBroken(by code: String) -> [String] {
        let source = SourceText(code)
        var names: [String] = []
        for rule in SourceRuleTable.rules where rule.modules.contains("APIClient") {
            if !rule.findings(in: source, file: "A.swift").isEmpty, !names.contains(rule.name) {
                names.append(rule.name)
            }
        }
        return names
    }
}
