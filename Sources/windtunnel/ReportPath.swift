import Flight

/// Where a flight's files go.
enum ReportPath {
    /// `reports/<scenario's path and stem>/<mode>/<seed>[-<client file's stem>]`.
    static func folder(
        out: String, file: String, mode: FlightMode, seed: UInt64, client: String?
    ) -> String {
        // A path that leads out of here must not lead out of the reports.
        let parts = file.split(separator: "/").filter { $0 != "." }.map { $0 == ".." ? "up" : $0 }
        let path = (parts.dropLast() + [stem(file)[...]]).joined(separator: "/")
        return "\(out)/\(path)/\(mode.rawValue)/\(seed)" + (client.map { "-\($0)" } ?? "")
    }

    /// A file's name without folder and extension.
    static func stem(_ file: String) -> String {
        let name = file.split(separator: "/").last ?? ""
        guard let dot = name.lastIndex(of: "."), dot != name.startIndex else { return String(name) }
        return String(name[..<dot])
    }
}
