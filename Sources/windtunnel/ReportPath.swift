import ArgumentParser
import Flight

/// The paths of a flight's files.
enum ReportPath {
    /// Validates the value of `--out`. An empty text, for example from an unset shell variable,
    /// would mean the root of the file system, so it is rejected.
    static func folder(_ out: String) throws -> String {
        guard !out.isEmpty else {
            throw ValidationError("the path is empty; write '.' for the current folder")
        }
        return out
    }

    /// The folder of a flight: `reports/<scenario's path and stem>/<mode>/<seed>[-<client file's
    /// stem>]`.
    static func folder(
        out: String, file: String, mode: FlightMode, seed: UInt64, client: String?
    ) -> String {
        let path = (parts(file).dropLast() + [stem(file)]).joined(separator: "/")
        return "\(out)/\(path)/\(mode.rawValue)/\(seed)" + (client.map { "-\($0)" } ?? "")
    }

    /// The path of the trace that `replay` writes: `reports/replay/` and the original trace's own
    /// path, so that replays of different traces never share a file.
    static func replay(out: String, trace: String) -> (folder: String, name: String) {
        var folders = parts(trace).dropLast()
        let own = parts(out)
        if folders.starts(with: own) { folders = folders.dropFirst(own.count) }
        let folder = ([out, "replay"] + folders).joined(separator: "/")
        return (folder, stem(stem(trace)) + ".jsonl.gz")
    }

    /// The components of a path. `..` becomes `up`, so that the path stays inside the reports
    /// folder.
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
