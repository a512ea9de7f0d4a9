import Foundation
import Testing

/// Checks that no source breaks a rule.
@Suite struct SourceRulesTests {
    @Test(
        "No source breaks a rule but where the table of allowances says why",
        arguments: SourceRuleTable.everything)
    func sourcesFollowTheRules(module: String) throws {
        let sources = try Repository.swiftFiles(of: module)
        // A folder that was renamed would otherwise pass unread.
        #expect(!sources.isEmpty, "no Swift file in \(module)")
        let allowances = SourceRuleTable.allowances
        for finding in try Repository.findings(in: sources, of: module)
        where !allowances.contains(where: { $0.covers(finding) }) {
            Issue.record(Comment(rawValue: finding.description))
        }
    }

    @Test("An allowance that nothing needs any more goes", arguments: SourceRuleTable.allowances)
    func allowanceIsNeeded(_ allowance: SourceAllowance) throws {
        let source = SourceText(try Repository.text(of: allowance.file))
        let findings = SourceRuleTable.rules.flatMap {
            $0.findings(in: source, file: allowance.file)
        }
        #expect(findings.contains(where: allowance.covers))
        #expect(!allowance.reason.isEmpty)
    }

    @Test("Every folder of Sources is under the rules or known to hold no Swift")
    func everyModuleIsKnown() throws {
        let ruled = Set(SourceRuleTable.everything).subtracting(["Tests"])
        for folder in try Repository.folders(of: "Sources") {
            if SourceRuleTable.withoutSwift.contains(folder) {
                #expect(try Repository.files(below: "Sources/\(folder)", ending: ".swift").isEmpty)
            } else {
                #expect(
                    ruled.contains(folder), "say in SourceRuleTable which rules hold in \(folder)")
            }
        }
    }

    @Test("No file holds a path of the machine on which it was written")
    func noMachinePaths() throws {
        // Put together here, so that this file is not its own finding.
        let homes = ["root", "work", "home", "Users"].map { "/" + $0 + "/" }
        let files = try Repository.files(below: "", ending: "")
        #expect(files.contains("Package.swift"))
        for file in files {
            guard let text = try? Repository.text(of: file) else { continue }  // Not text.
            for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false)
                .enumerated()
            {
                for home in homes where Repository.startsPath(home, in: line) {
                    Issue.record("\(file):\(number + 1): \(home) is a path of one machine")
                }
            }
        }
    }

    @Test(
        "A path of a machine is found where it begins, not inside a longer path",
        arguments: [
            ("cd /ROOT/x", true), ("\"/ROOT/\"", true), ("file:///ROOT/x", true),
            ("https://example.com/ROOT/x", false), ("$dir/ROOT/x", false), ("${dir}/ROOT/", false),
            ("/ROOT", false),
        ])
    func pathBegins(line: String, isFound: Bool) {
        #expect(Repository.startsPath("/ROOT/", in: line[...]) == isFound)
    }
}

/// The files of the clone that this test was built from.
private enum Repository {
    /// Whether git ignores the file: it belongs to git, or a build or a run made it.
    private static func isIgnored(_ name: Substring) -> Bool {
        name == ".git" || name.hasPrefix(".build") || name == ".swiftpm" || name == "reports"
            || name == "Package.resolved" || name == "__pycache__" || name == ".artifacts"
    }

    private static let root = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    static func text(of file: String) throws -> String {
        try String(contentsOf: root.appending(path: file), encoding: .utf8)
    }

    static func folders(of folder: String) throws -> [String] {
        try FileManager.default
            .contentsOfDirectory(
                at: root.appending(path: folder), includingPropertiesForKeys: [.isDirectoryKey]
            )
            .filter { try $0.resourceValues(forKeys: [.isDirectoryKey]).isDirectory == true }
            .map(\.lastPathComponent).sorted()
    }

    /// Paths from the root, sorted. What is not committed is left out without being walked.
    static func files(below folder: String, ending: String) throws -> [String] {
        let path = folder.isEmpty ? root : root.appending(path: folder)
        var files: [String] = []
        for item in try FileManager.default.contentsOfDirectory(
            at: path, includingPropertiesForKeys: [.isDirectoryKey, .isRegularFileKey])
        {
            let name = item.lastPathComponent
            if isIgnored(name[...]) { continue }
            let inner = folder.isEmpty ? name : "\(folder)/\(name)"
            let values = try item.resourceValues(forKeys: [.isDirectoryKey, .isRegularFileKey])
            if values.isDirectory == true {
                files += try self.files(below: inner, ending: ending)
            } else if values.isRegularFile == true, name.hasSuffix(ending) || ending.isEmpty {
                files.append(inner)
            }
        }
        return files.sorted()
    }

    static func swiftFiles(of module: String) throws -> [String] {
        try files(below: module == "Tests" ? "Tests" : "Sources/\(module)", ending: ".swift")
    }

    static func findings(in files: [String], of module: String) throws -> [SourceFinding] {
        let rules = SourceRuleTable.rules.filter { $0.modules.contains(module) }
        return try files.flatMap { file in
            let source = SourceText(try text(of: file))
            return rules.flatMap { $0.findings(in: source, file: file) }
        }
    }

    /// Whether `path` is in the line with nothing before it that makes it part of a longer one.
    static func startsPath(_ path: String, in line: Substring) -> Bool {
        line.ranges(of: path).contains { range in
            guard range.lowerBound > line.startIndex else { return true }
            let before = line[line.index(before: range.lowerBound)]
            return !(before.isLetter || before.isNumber || "_-.~}$*".contains(before))
        }
    }
}
