import Simulation
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Ctrl-C and a polite kill: the flights end, their traces are closed, and the exit code says so. A
/// second Ctrl-C ends the program at once, and with it the client that it runs.
enum Interruption {
    static let flag = StopFlag()
    /// The process group of a client that this program runs; 0: none.
    static let clientGroup = Atomic<Int32>(0)

    static func listen() {
        // Touched before it can be needed: a signal handler must not be the first to make it.
        _ = flag.isRaised
        _ = clientGroup.load(ordering: .relaxed)
        for number in [SIGINT, SIGTERM] {
            _ = signal(number) { number in
                if Interruption.flag.isRaised {
                    let group = Interruption.clientGroup.load(ordering: .acquiring)
                    if group > 0 { _ = kill(-group, SIGKILL) }
                    _ = signal(number, SIG_DFL)
                    _ = raise(number)
                } else {
                    Interruption.flag.raise()
                }
            }
        }
        // A reader that goes away is an error to report, not a reason to vanish.
        _ = signal(SIGPIPE, SIG_IGN)
    }
}
