import Simulation

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Ctrl-C and a polite kill: the flights end, their traces are closed, and the exit code says so. A
/// second Ctrl-C ends the program at once.
enum Interruption {
    static let flag = StopFlag()

    static func listen() {
        // Touched before it can be needed: a signal handler must not be the first to make it.
        _ = flag.isRaised
        for number in [SIGINT, SIGTERM] {
            _ = signal(number) { number in
                Interruption.flag.raise()
                _ = signal(number, SIG_DFL)
            }
        }
        // A reader that goes away is an error to report, not a reason to vanish.
        _ = signal(SIGPIPE, SIG_IGN)
    }
}
