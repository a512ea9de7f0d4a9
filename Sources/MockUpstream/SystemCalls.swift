internal import CMicroHTTPD
import Platform

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The monotonic clock, of which every instant of this module is.
enum Monotonic {
    /// Nanoseconds since some start.
    static var now: Int64 {
        var time = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}

/// A descriptor that nobody else closes. Move-only: one owner, one close.
struct Descriptor: ~Copyable {
    let raw: Int32

    /// Takes over what a system call just gave.
    /// - Throws: `outOfResources` where it gave none.
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
    /// A descriptor that a collection can own.
    final class Shared {
        private let descriptor: Descriptor
        init(_ descriptor: consuming Descriptor) { self.descriptor = descriptor }
    }
}

extension Duration {
    /// Whole nanoseconds; the longest time there is where they are more.
    var inNanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        return overflow ? .max : product.plus(attoseconds / 1_000_000_000)
    }
}
