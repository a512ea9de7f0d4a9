import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Files without read permission and folders without write permission.
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
                == "error: ok.yaml: closed/r: the folder cannot be created: Permission denied; "
                + "name another one with --out\n")
    }
}

/// A user other than the superuser.
private enum Nobody {
    private static let isSuperuser = geteuid() == 0
    private static let id = "65534"

    /// Whether the tests can become another user.
    static let isPossible: Bool = {
        guard isSuperuser else { return true }
        guard let folder = try? Folder() else { return false }
        return (try? windtunnel(["--version"], in: folder).run().status.exitCode) == 0
    }()

    static func windtunnel(_ arguments: [String], in folder: Folder) throws -> Windtunnel {
        guard isSuperuser else { return Windtunnel(arguments, in: folder) }
        // Other users may have no access to the build's folder.
        let program = folder.path("windtunnel")
        if !Files.exists(program) {
            // Another process copies the file. A program that another test starts meanwhile would
            // inherit the descriptor of the file that is being written, and a file that is open for
            // writing cannot be run.
            try Windtunnel(program: "cp", [Binary.path, program], in: folder).exits(0)
        }
        try #require(unsafe chmod(folder.path, 0o777) == 0 && chmod(program, 0o755) == 0)
        let words = ["--reuid=\(id)", "--regid=\(id)", "--clear-groups", program]
        return Windtunnel(program: "setpriv", words + arguments, in: folder)
    }
}

extension Folder {
    /// Removes all permissions.
    fileprivate func forbid(_ name: String) throws {
        try #require(unsafe chmod(path(name), 0) == 0)
    }
}
