import CFuzz
import Glibc

@testable import Trace

/// A file in memory. The reader opens traces by name, and a file on disk would be slow.
struct MemoryFile {
    private let descriptor: CInt

    init() {
        descriptor = unsafe memfd_create("trace", 0)
        if descriptor < 0 { fatalError("no file in memory can be made: error \(errno)") }
    }

    /// A path that opens the file from its beginning.
    var path: String { "/proc/self/fd/\(descriptor)" }

    /// Replaces the file's content with these bytes.
    func replace(with bytes: some Sequence<UInt8>) {
        let bytes = Array(bytes)
        let written = unsafe bytes.withUnsafeBytes { bytes in
            unsafe pwrite(descriptor, bytes.baseAddress, bytes.count, 0)
        }
        guard written == bytes.count, ftruncate(descriptor, off_t(bytes.count)) == 0 else {
            fatalError("the file in memory cannot be written: error \(errno)")
        }
    }

    /// Replaces the file's content with `text`, compressed as traces are, and returns the new
    /// content.
    func compress(_ text: [UInt8]) -> [UInt8] {
        do throws(TraceError) {
            var file = try GzipFile(path: path)
            unsafe text.withUnsafeBufferPointer { text in unsafe file.write(text) }
            let size = try file.finish()
            return unsafe [UInt8](unsafeUninitializedCapacity: Int(size)) { place, count in
                count = unsafe max(0, pread(descriptor, place.baseAddress, Int(size), 0))
            }
        } catch {
            fatalError("the file in memory cannot be written: \(error)")
        }
    }
}
