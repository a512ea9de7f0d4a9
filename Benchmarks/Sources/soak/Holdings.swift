#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The resources that this process holds, read from Linux's `/proc`.
struct Holdings {
    /// The resident memory in bytes.
    var memory = 0
    /// The number of open file descriptors.
    var descriptors = 0

    struct Failure: Error {}

    static var now: Holdings {
        get throws {
            Holdings(memory: try resident, descriptors: try open)
        }
    }

    private static var resident: Int {
        get throws {
            guard let file = fopen("/proc/self/statm", "r") else { throw Failure() }
            defer { fclose(file) }
            var text = [UInt8](repeating: 0, count: 128)
            let count = fread(&text, 1, text.count, file)
            let numbers = text[..<count].split(separator: UInt8(ascii: " "))
            guard numbers.count > 1, let pages = Int(String(decoding: numbers[1], as: UTF8.self))
            else { throw Failure() }
            return pages * Int(sysconf(Int32(_SC_PAGESIZE)))
        }
    }

    private static var open: Int {
        get throws {
            guard let folder = opendir("/proc/self/fd") else { throw Failure() }
            defer { closedir(folder) }
            var count = 0
            while let entry = readdir(folder) {
                // "." and ".." are not descriptors.
                if entry.pointee.d_name.0 != CChar(bitPattern: UInt8(ascii: ".")) { count += 1 }
            }
            // One of the entries is the descriptor of the folder itself.
            return count - 1
        }
    }
}
