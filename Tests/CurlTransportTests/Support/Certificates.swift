import Foundation
import Testing

/// Certificates for tests. The `openssl` program makes them when the first test needs them, in a
/// folder that is removed when the tests have ended.
final class Certificates: Sendable {
    static let shared = Result { try Certificates() }

    static let password = "correct horse"
    let folder: String

    private init() throws {
        folder = FileManager.default.temporaryDirectory
            .appending(path: "windtunnel-certificates-\(UUID().uuidString)")
            .path(percentEncoded: false)
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true)
        Self.folders.append(folder)
        try authority("authority")
        try authority("stranger")
        try signed("server", by: "authority", name: "DNS:localhost,IP:127.0.0.1")
        try signed("wrong-host", by: "authority", name: "DNS:elsewhere.example")
        try signed("untrusted", by: "stranger", name: "DNS:localhost,IP:127.0.0.1")
        try signed(
            "expired", by: "authority", name: "DNS:localhost,IP:127.0.0.1", isExpired: true)
        try signed("client", by: "authority", name: "DNS:client.example")
        try openssl(
            "ec", "-in", "client.key", "-out", "client-locked.key", "-aes256", "-passout",
            "pass:\(Self.password)")
        try Data("no certificate".utf8).write(to: URL(filePath: path("nonsense.pem")))
    }

    func path(_ name: String) -> String { "\(folder)/\(name)" }

    private func authority(_ name: String) throws {
        try openssl(
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-keyout", "\(name).key", "-out", "\(name).pem", "-days", "2", "-subj", "/CN=\(name)")
    }

    private func signed(
        _ name: String, by authority: String, name alternative: String, isExpired: Bool = false
    ) throws {
        try openssl(
            "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout",
            "\(name).key", "-out", "\(name).csr", "-subj", "/CN=\(name)")
        try Data("subjectAltName=\(alternative)\n".utf8)
            .write(to: URL(filePath: path("\(name).ext")))
        if !isExpired {
            try openssl(
                "x509", "-req", "-in", "\(name).csr", "-CA", "\(authority).pem", "-CAkey",
                "\(authority).key", "-CAcreateserial", "-out", "\(name).pem", "-days", "2",
                "-extfile", "\(name).ext")
        } else {
            try signedInThePast(name, by: authority)
        }
    }

    /// Debian 12's `openssl x509` cannot set dates. `openssl ca` can, but it needs a database.
    private func signedInThePast(_ name: String, by authority: String) throws {
        let configuration = """
            [ca]
            default_ca = own
            [own]
            database = \(path("index.txt"))
            new_certs_dir = \(folder)
            rand_serial = yes
            default_md = sha256
            policy = any
            [any]
            commonName = supplied
            """
        try Data(configuration.utf8).write(to: URL(filePath: path("ca.cnf")))
        try Data().write(to: URL(filePath: path("index.txt")))
        try openssl(
            "ca", "-batch", "-notext", "-config", "ca.cnf", "-in", "\(name).csr", "-cert",
            "\(authority).pem", "-keyfile", "\(authority).key", "-out", "\(name).pem",
            "-startdate", "20200101000000Z", "-enddate", "20200201000000Z", "-extfile",
            "\(name).ext")
    }

    private func openssl(_ words: String...) throws {
        try Program.run(["openssl"] + words, in: folder)
    }

    private static let folders = Folders()

    /// Removes the folders when the process ends.
    private final class Folders: @unchecked Sendable {
        // Written once, inside the initialiser of a constant.
        private var paths: [String] = []

        func append(_ path: String) {
            paths.append(path)
            if paths.count == 1 { atexit { Certificates.folders.remove() } }
        }

        private func remove() {
            for path in paths { try? FileManager.default.removeItem(atPath: path) }
        }
    }
}
