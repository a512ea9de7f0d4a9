import APIClient
import Foundation
import HTTPTypes
import Testing

/// Third-party servers.
enum Server {
    /// Python's HTTP server over TLS. It answers with the name in the client's certificate.
    static func python(
        certificate: String, asksForClients: Bool = false
    ) throws -> (program: Program, port: UInt16) {
        let certificates = try Certificates.shared.get()
        let script = """
            import http.server, ssl, sys
            class Handler(http.server.BaseHTTPRequestHandler):
                protocol_version = "HTTP/1.1"
                def do_GET(self):
                    peer = self.connection.getpeercert() or {}
                    names = [value for part in peer.get("subject", ()) for _, value in part]
                    body = ("hello " + ",".join(names)).encode()
                    self.send_response(200)
                    self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)
                def log_message(self, *_): pass
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(sys.argv[1] + ".pem", sys.argv[1] + ".key")
            if len(sys.argv) > 2:
                context.verify_mode = ssl.CERT_REQUIRED
                context.load_verify_locations(sys.argv[2])
            server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
            server.socket = context.wrap_socket(server.socket, server_side=True)
            print("port", server.server_port, flush=True)
            server.serve_forever()
            """
        var words = ["python3", "-c", script, certificates.path(certificate)]
        if asksForClients { words.append(certificates.path("authority.pem")) }
        let program = try Program(words)
        return (program, try program.number(after: "port "))
    }

    /// Debian's HTTP/2 server, over TLS or plain.
    static func nghttpd(_ files: [String: String]) throws -> (program: Program, port: UInt16) {
        let certificates = try Certificates.shared.get()
        let folder = certificates.path("files-\(UUID().uuidString)")
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true)
        for (name, text) in files {
            try Data(text.utf8).write(to: URL(filePath: "\(folder)/\(name)"))
        }
        // It says "port 0" where it is given none, so the system is asked where it listens.
        let program = try Program([
            "nghttpd", "-a", "127.0.0.1", "-d", folder, "0", certificates.path("server.key"),
            certificates.path("server.pem"),
        ])
        return (program, try listeningPort(of: program))
    }

    private static func listeningPort(of program: Program) throws -> UInt16 {
        let deadline = ContinuousClock.now + .seconds(20)
        while ContinuousClock.now < deadline {
            let own = Set(sockets(of: program.id))
            // Local address is the second word, state (0A: listening) the fourth, inode the tenth.
            let table = (try? String(contentsOfFile: "/proc/net/tcp", encoding: .utf8)) ?? ""
            for line in table.split(separator: "\n").dropFirst() {
                let words = line.split(separator: " ")
                guard words.count > 9, words[3] == "0A", own.contains(String(words[9])),
                    let port = words[1].split(separator: ":").last.flatMap({
                        UInt16($0, radix: 16)
                    })
                else { continue }
                return port
            }
            usleep(2_000)
        }
        throw CancellationError()
    }

    private static func sockets(of process: Int32) -> [String] {
        let folder = "/proc/\(process)/fd"
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.compactMap { name in
            let target = try? FileManager.default.destinationOfSymbolicLink(
                atPath: "\(folder)/\(name)")
            guard let target, target.hasPrefix("socket:[") else { return nil }
            return String(target.dropFirst("socket:[".count).dropLast())
        }
    }
}

/// A GET over TLS.
func secureGet(
    _ port: UInt16, _ target: String = "/", host: String = "localhost"
) -> TransportRequest {
    TransportRequest(.get, authority: "\(host):\(port)", target: target, timeout: .seconds(20))
}
