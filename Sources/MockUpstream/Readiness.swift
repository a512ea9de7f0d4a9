internal import CMicroHTTPD
import Platform
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// What the server waits for: descriptors, one instant, and a call from another thread.
///
/// `wake` may be called by any thread, the rest by one at a time.
struct Readiness: ~Copyable {
    /// What became ready.
    enum Event {
        case timer
        case woken
        /// By its tag, which is 2 or more.
        case descriptor(tag: UInt64)
    }

    private let epoll: Descriptor
    private let timer: Descriptor
    private let signal: Descriptor
    /// What the timer is set to; `.max` where it is not.
    // Of the one who polls alone. Atomic because a change of a stored property is one of the whole,
    // which another thread may be using to wake it up.
    private let alarm = Atomic(Int64.max)

    init() throws(MockUpstreamError) {
        let epoll = try Descriptor(cmicrohttpd_epoll(), for: "waiting")
        let timer = try Descriptor(cmicrohttpd_timer(), for: "a timer")
        let signal = try Descriptor(cmicrohttpd_signal(), for: "wake-ups")
        try Self.watch(timer.raw, tag: 0, in: epoll.raw)
        try Self.watch(signal.raw, tag: 1, in: epoll.raw)
        self.epoll = epoll
        self.timer = timer
        self.signal = signal
    }

    /// Readable while something is ready, for a loop of the owner's.
    var descriptor: Int32 { epoll.raw }

    /// Tells of bytes to read, and of callers to accept, until it is unwatched.
    borrowing func watch(_ descriptor: Int32, tag: UInt64) throws(MockUpstreamError) {
        try Self.watch(descriptor, tag: tag, in: epoll.raw)
    }

    private static func watch(_ descriptor: Int32, tag: UInt64, in epoll: Int32)
        throws(MockUpstreamError)
    {
        guard cmicrohttpd_watch(epoll, descriptor, UInt32(CMICROHTTPD_READABLE), tag, 0) == 0
        else {
            throw MockUpstreamError(
                code: .outOfResources,
                message: "a descriptor cannot be watched: \(systemText(errno)).")
        }
    }

    /// Tells once when the other side of a connection has gone. `again`: this descriptor was watched
    /// before; closing it forgets that. False where the system cannot tell.
    borrowing func watchForEnd(_ descriptor: Int32, tag: UInt64, again: Bool) -> Bool {
        let events = UInt32(CMICROHTTPD_GONE | CMICROHTTPD_ONCE)
        return cmicrohttpd_watch(epoll.raw, descriptor, events, tag, again ? 1 : 0) == 0
    }

    /// Does not tell of a descriptor any longer.
    borrowing func unwatch(_ descriptor: Int32) { cmicrohttpd_unwatch(epoll.raw, descriptor) }

    /// Sets the instant of `.timer`; `.max`: never.
    borrowing func setAlarm(_ instant: Int64) {
        guard instant != alarm.load(ordering: .relaxed) else { return }
        alarm.store(instant, ordering: .relaxed)
        // 0 would switch it off, and no instant of the clock lies before 1.
        cmicrohttpd_timer_set(timer.raw, instant == .max ? 0 : max(1, instant))
    }

    /// Makes the present or the next ``poll(milliseconds:_:)`` return.
    borrowing func wake() {
        var one: UInt64 = 1
        // It can fail only where it is full of wake-ups already.
        _ = unsafe write(signal.raw, &one, 8)
    }

    /// Waits until something is ready and tells of it; this long at the most, -1: for ever.
    borrowing func poll(milliseconds: Int32, _ body: (Event) -> Void) {
        var count: Int32 = 0
        var events = InlineArray<64, cmicrohttpd_event>(repeating: cmicrohttpd_event())
        var span = events.mutableSpan
        count = unsafe span.withUnsafeMutableBufferPointer {
            unsafe cmicrohttpd_wait(epoll.raw, $0.baseAddress, Int32($0.count), milliseconds)
        }
        // A signal interrupts: then nothing is ready, and the caller comes again.
        guard count > 0 else { return }
        for index in 0..<Int(count) {
            switch events[index].tag {
            case 0:
                alarm.store(.max, ordering: .relaxed)
                drain(timer.raw)
                body(.timer)
            case 1:
                drain(signal.raw)
                body(.woken)
            case let tag: body(.descriptor(tag: tag))
            }
        }
    }

    private func drain(_ descriptor: Int32) {
        var value: UInt64 = 0
        // Nothing to read is as good: it has been drained then.
        _ = unsafe read(descriptor, &value, 8)
    }
}
