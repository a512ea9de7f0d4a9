import Foundation
import MockUpstream

/// One set of certificates for all tests of a run, in a folder of its own.
final class Certificates: Sendable {
    static let shared: Certificates = {
        do { return try Certificates() } catch { preconditionFailure("no certificates: \(error)") }
    }()

    let made: TestCertificates
    let files: TestCertificates.Files

    private init() throws {
        let folder = FileManager.default.temporaryDirectory
            .appending(path: "windtunnel-certificates-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        made = try TestCertificates()
        files = try made.write(into: folder.path)
    }
}
