import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Output that is shown on a terminal only.
@Suite struct TerminalTests {
    struct Look: Sendable, CustomTestStringConvertible {
        var flags: [String] = []
        var environment: (name: String, value: String)?
        let hasColor: Bool
        var testDescription: String {
            "\(flags) \(environment?.name ?? "") \(environment?.value ?? "")"
        }
    }

    static let looks = [
        Look(hasColor: true), Look(flags: ["--no-color"], hasColor: false),
        Look(flags: ["--quiet"], hasColor: true),
        Look(environment: ("NO_COLOR", "1"), hasColor: false),
        Look(environment: ("NO_COLOR", ""), hasColor: true),
        Look(environment: ("TERM", "dumb"), hasColor: false),
    ]

    @Test("The table has colours on a terminal, unless somebody minds", arguments: looks)
    func colors(_ look: Look) throws {
        let folder = try Folder(["a.yaml": Scenarios.failing])
        var call = Windtunnel(["run", "a.yaml"] + look.flags, in: folder).output(to: .terminal)
        if let (name, value) = look.environment { call = call.environment(name, value) }
        let ending = try call.exits(4)
        #expect(ending.output.contains("\u{1b}[31m") == look.hasColor)
        #expect(ending.output.contains("success_rate >= 99%"))
        #expect(ending.error.isEmpty)
    }

    @Test("Where there is no terminal there are no colours and no progress")
    func noTerminal() throws {
        let folder = try Folder(["a.yaml": Scenarios.failing, "b.yaml": Scenarios.passing])
        let ending = try folder.windtunnel("run", "a.yaml", "b.yaml").exits(4)
        #expect(!ending.output.contains("\u{1b}"))
        #expect(ending.error.isEmpty)
    }

    @Test("A bar shows the progress on standard error, and is gone at the end")
    func progress() throws {
        let folder = try Folder(["a.yaml": Scenarios.endless])
        let ending = try folder.windtunnel("run", "a.yaml", "--trace", "off").error(to: .terminal)
            .run { child, shown in
                try child.waitUntil(within: 30, "progress") { shown().contains("%  Endless") }
                child.send(SIGINT)
            }
        #expect(ending.status.exitCode == 130)
        #expect(ending.error.contains("\r[..............................] 0 %  Endless\u{1b}[K"))
        #expect(ending.error.hasSuffix("\r\u{1b}[K"))
        #expect(!ending.output.contains("\u{1b}") && !ending.output.contains("\r"))
    }

    @Test(
        "--quiet and --json show no progress, on a terminal either",
        arguments: ["--quiet", "--json"])
    func noProgress(flag: String) throws {
        let folder = try Folder(["a.yaml": Scenarios.endless])
        // Long enough for several bars.
        let ending = try folder.windtunnel("run", "a.yaml", "--duration", "20s", flag)
            .error(to: .terminal).exits(0)
        #expect(ending.error.isEmpty)
    }

    @Test("How large the trace of a long flight becomes is told before, and not with --quiet")
    func announcement() throws {
        let folder = try Folder(["a.yaml": Scenarios.endless])
        func told(_ arguments: String...) throws -> String {
            try Windtunnel(["run", "a.yaml"] + arguments, in: folder).run { child, _ in
                // Once there is a trace the announcement was made, or was not.
                try child.waitUntil(within: 30, "a trace") {
                    folder.files.contains { $0.hasSuffix(".gz") }
                }
                child.send(SIGINT)
            }.error
        }
        #expect(
            try told().hasPrefix(
                "a.yaml: about 86 400 000 requests, a trace of about 4.8 GB (--trace "))
        #expect(try !told("--quiet").contains("about"))
    }
}
