#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The number of files and sockets that this process may have open.
enum DescriptorLimit {
    /// Raises the soft limit to the hard limit. This process holds both ends of each connection, and shells
    /// often set a limit of 1 024.
    static func raise() {
        var limit = rlimit()
        #if canImport(Glibc)
            let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        #else
            let resource = RLIMIT_NOFILE
        #endif
        guard unsafe getrlimit(resource, &limit) == 0, limit.rlim_cur < limit.rlim_max else {
            return
        }
        limit.rlim_cur = limit.rlim_max
        // A failure is ignored here: the flight then reports the connection that could not be made.
        _ = unsafe setrlimit(resource, &limit)
    }
}
