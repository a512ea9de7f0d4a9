import Foundation
import MockUpstream

/// One set of certificates for all tests of a run, in a folder that is removed when the process
/// ends.
final class Certificates: Sendable {
    static let shared: Certificates = {
        do { return try Certificates() } catch { preconditionFailure("no certificates: \(error)") }
    }()

    private static let folder = FileManager.default.temporaryDirectory
        .appending(path: "windtunnel-certificates-\(UUID().uuidString)")

    let made: TestCertificates
    let files: TestCertificates.Files

    private init() throws {
        try FileManager.default.createDirectory(
            at: Self.folder, withIntermediateDirectories: true)
        // Where it cannot be removed, the system clears it away some day.
        atexit { try? FileManager.default.removeItem(at: Certificates.folder) }
        made = try TestCertificates()
        files = try made.write(into: Self.folder.path)
    }
}
