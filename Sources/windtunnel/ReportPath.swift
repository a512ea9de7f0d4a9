import ArgumentParser
import Flight

/// Where a flight's files go.
enum ReportPath {
    /// What `--out` says. An empty text, such as a variable of a shell that is not set, would be the root
    /// of the file system.
    static func folder(_ out: String) throws -> String {
        guard !out.isEmpty else {
            throw ValidationError("it is empty; write '.' for the current folder")
        }
        return out
    }

    /// `reports/<scenario's path and stem>/<mode>/<seed>[-<client file's stem>]`.
    static func folder(
        out: String, file: String, mode: FlightMode, seed: UInt64, client: String?
    ) -> String {
        let path = (parts(file).dropLast() + [stem(file)]).joined(separator: "/")
        return "\(out)/\(path)/\(mode.rawValue)/\(seed)" + (client.map { "-\($0)" } ?? "")
    }

    /// Where the second flight of a trace goes: `reports/replay/` and the trace's own path, so that no
    /// two traces' second flights meet.
    static func replay(out: String, trace: String) -> (folder: String, name: String) {
        var folders = parts(trace).dropLast()
        let own = parts(out)
        if folders.starts(with: own) { folders = folders.dropFirst(own.count) }
        let folder = ([out, "replay"] + folders).joined(separator: "/")
        return (folder, stem(stem(trace)) + ".jsonl.gz")
    }

    /// The parts of a path. One that leads out of here must not lead out of the reports.
    private static func parts(_ path: String) -> [String] {
        path.split(separator: "/").filter { $0 != "." }.map { $0 == ".." ? "up" : String($0) }
    }

    /// A file's name without folder and extension.
    static func stem(_ file: String) -> String {
        let name = file.split(separator: "/").last ?? ""
        guard let dot = name.lastIndex(of: "."), dot != name.startIndex else { return String(name) }
        return String(name[..<dot])
    }
}
