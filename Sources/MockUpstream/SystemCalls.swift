internal import CMicroHTTPD
import Platform

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The monotonic clock, which all instants of this module come from.
enum Monotonic {
    /// Nanoseconds since an arbitrary origin.
    static var now: Int64 {
        var time = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}

/// A file descriptor that this value owns. It is move-only, so that it is closed once.
struct Descriptor: ~Copyable {
    let raw: Int32

    /// Takes over the result of a system call.
    /// - Throws: `outOfResources` if the call failed.
    init(_ raw: Int32, for purpose: String) throws(MockUpstreamError) {
        guard raw >= 0 else {
            throw MockUpstreamError(
                code: .outOfResources,
                message: "no descriptor for \(purpose): \(systemText(errno)).")
        }
        self.raw = raw
    }

    /// Takes over an open descriptor.
    init(open raw: Int32) { self.raw = raw }

    deinit { close(raw) }
}

extension Descriptor {
    /// A descriptor in a reference, so that a collection can own it.
    final class Shared {
        private let descriptor: Descriptor
        init(_ descriptor: consuming Descriptor) { self.descriptor = descriptor }
    }
}

extension Duration {
    /// The duration in whole nanoseconds, at most `Int64.max`.
    var inNanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        return overflow ? .max : product.plus(attoseconds / 1_000_000_000)
    }
}
