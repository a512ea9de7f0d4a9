#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The resources that this process has used so far.
struct ResourceUsage {
    var processorSeconds: Double
    var peakBytes: Int

    static var now: ResourceUsage {
        var usage = rusage()
        #if canImport(Glibc)
            getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
            let unit = 1_024
        #else
            getrusage(RUSAGE_SELF, &usage)
            let unit = 1
        #endif
        return ResourceUsage(
            processorSeconds: seconds(usage.ru_utime) + seconds(usage.ru_stime),
            peakBytes: Int(usage.ru_maxrss) * unit)
    }

    private static func seconds(_ time: timeval) -> Double {
        Double(time.tv_sec) + Double(time.tv_usec) * 1e-6
    }
}
