import Simulation
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Handles Ctrl-C, SIGTERM and the closing of the terminal. The first signal ends the flights,
/// closes their traces and leads to exit code 130. A second signal ends the program at once,
/// together with the client command that it runs.
enum Interruption {
    static let flag = StopFlag()
    /// The process group of the client command that is running; 0 if there is none.
    static let clientGroup = Atomic<Int32>(0)

    static func listen() {
        // The globals are initialised here, because a signal handler must not initialise them.
        _ = flag.isRaised
        _ = clientGroup.load(ordering: .relaxed)
        // A program started with `nohup` ignores SIGHUP and should outlive its terminal.
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
        // With SIGPIPE ignored, writing to a closed pipe fails with an error that can be reported.
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
