import Simulation
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Ctrl-C, a polite kill and a terminal that closes: the flights end, their traces are closed, and the
/// exit code says so. A second Ctrl-C ends the program at once, and with it the client that it runs.
enum Interruption {
    static let flag = StopFlag()
    /// The process group of a client that this program runs; 0: none.
    static let clientGroup = Atomic<Int32>(0)

    static func listen() {
        // Touched before it can be needed: a signal handler must not be the first to make it.
        _ = flag.isRaised
        _ = clientGroup.load(ordering: .relaxed)
        // Whoever has started this with nohup does not want it to end with the terminal.
        for number in [SIGINT, SIGTERM] + (ignores(SIGHUP) ? [] : [SIGHUP]) {
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

    private static func ignores(_ number: Int32) -> Bool {
        var action = sigaction()
        guard unsafe sigaction(number, nil, &action) == 0 else { return false }
        #if canImport(Darwin)
            let handler = unsafe action.__sigaction_u.__sa_handler
        #else
            let handler = unsafe action.__sigaction_handler.sa_handler
        #endif
        return unsafe unsafeBitCast(handler, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
    }
}
