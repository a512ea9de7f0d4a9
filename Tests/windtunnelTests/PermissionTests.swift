import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Files that one may not read, folders that one may not write.
@Suite(
    .enabled(
        if: Nobody.isPossible, "the superuser may do anything, and cannot be anybody else here"))
struct PermissionTests {
    @Test("What may not be read is named with the reason")
    func reading() throws {
        let folder = try Folder(["ok.yaml": Scenarios.passing, "secret.yaml": Scenarios.passing])
        try folder.makeFolder("closed")
        try folder.forbid("secret.yaml")
        try folder.forbid("closed")
        for (arguments, name) in [
            (["run", "ok.yaml", "secret.yaml"], "secret.yaml"), (["validate", "closed"], "closed"),
            (["run", "ok.yaml", "--client", "secret.yaml"], "secret.yaml"),
        ] {
            let ending = try Nobody.windtunnel(arguments, in: folder).exits(3)
            #expect(ending.error == "error: \(name): no permission to read it\n")
            #expect(ending.output.isEmpty)
        }
        let trace = try Nobody.windtunnel(["trace", "verify", "secret.yaml"], in: folder).exits(3)
        #expect(trace.error.contains("secret.yaml: cannot be opened: Permission denied"))
        #expect(!folder.has("reports"))
    }

    @Test("A folder that may not be written is named with the reason")
    func writing() throws {
        let folder = try Folder(["ok.yaml": Scenarios.passing])
        try folder.makeFolder("closed")
        try folder.forbid("closed")
        let ending = try Nobody.windtunnel(["run", "ok.yaml", "--out", "closed/r"], in: folder)
            .exits(3)
        #expect(
            ending.error
                == "error: ok.yaml: closed/r: the folder cannot be made: Permission denied; "
                + "name another one with --out\n")
    }
}

/// Somebody who is not the superuser.
private enum Nobody {
    private static let isSuperuser = geteuid() == 0
    private static let id = "65534"

    /// Whether there is a way to be nobody.
    static let isPossible: Bool = {
        guard isSuperuser else { return true }
        guard let folder = try? Folder() else { return false }
        return (try? windtunnel(["--version"], in: folder).run().status.exitCode) == 0
    }()

    static func windtunnel(_ arguments: [String], in folder: Folder) throws -> Windtunnel {
        guard isSuperuser else { return Windtunnel(arguments, in: folder) }
        // Where the build lies nobody else may have a right to look.
        let program = folder.path("windtunnel")
        if !Files.exists(program) {
            // By a process of its own: what another test starts meanwhile would inherit the file that
            // is being written, and nothing runs that somebody has open to write.
            try Windtunnel(program: "cp", [Binary.path, program], in: folder).exits(0)
        }
        try #require(unsafe chmod(folder.path, 0o777) == 0 && chmod(program, 0o755) == 0)
        let words = ["--reuid=\(id)", "--regid=\(id)", "--clear-groups", program]
        return Windtunnel(program: "setpriv", words + arguments, in: folder)
    }
}

extension Folder {
    /// Takes all rights from everybody.
    fileprivate func forbid(_ name: String) throws {
        try #require(unsafe chmod(path(name), 0) == 0)
    }
}
