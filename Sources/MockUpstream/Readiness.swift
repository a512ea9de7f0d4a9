internal import CMicroHTTPD
import Platform
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Waits for descriptors, for one instant, and for a call from another thread.
///
/// `wake` may be called by any thread, everything else by one thread at a time.
struct Readiness: ~Copyable {
    /// An event that ended a wait.
    enum Event {
        case timer
        case woken
        /// A descriptor became ready. Tags are 2 or more.
        case descriptor(tag: UInt64)
    }

    private let epoll: Descriptor
    private let timer: Descriptor
    private let signal: Descriptor
    /// The instant that the timer is set to; `.max` if it is not set.
    // Used by the polling thread only. It is atomic because changing a stored property counts as
    // access to the whole value, which another thread may be using to wake it up.
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

    /// A descriptor that is readable while an event is pending, for an event loop of the owner.
    var descriptor: Int32 { epoll.raw }

    /// Reports the descriptor while it is readable or has connections to accept, until it is
    /// unwatched.
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

    /// Reports once when the peer has closed a connection. `again`: the descriptor was watched
    /// before; closing a descriptor ends that.
    /// - Returns: false if the system cannot detect the close.
    borrowing func watchForEnd(_ descriptor: Int32, tag: UInt64, again: Bool) -> Bool {
        let events = UInt32(CMICROHTTPD_GONE | CMICROHTTPD_ONCE)
        return cmicrohttpd_watch(epoll.raw, descriptor, events, tag, again ? 1 : 0) == 0
    }

    /// Stops reporting a descriptor.
    borrowing func unwatch(_ descriptor: Int32) { cmicrohttpd_unwatch(epoll.raw, descriptor) }

    /// Sets the instant of `.timer`; `.max`: never.
    borrowing func setAlarm(_ instant: Int64) {
        guard instant != alarm.load(ordering: .relaxed) else { return }
        alarm.store(instant, ordering: .relaxed)
        // 0 would switch the timer off, and the clock never shows an instant before 1.
        cmicrohttpd_timer_set(timer.raw, instant == .max ? 0 : max(1, instant))
    }

    /// Ends the current or the next call of ``poll(milliseconds:_:)``.
    borrowing func wake() {
        var one: UInt64 = 1
        // This can fail only if wake-ups are already pending.
        _ = unsafe write(signal.raw, &one, 8)
    }

    /// Waits until an event is pending and reports it; at most this many milliseconds, -1: without
    /// a limit.
    borrowing func poll(milliseconds: Int32, _ body: (Event) -> Void) {
        var count: Int32 = 0
        var events = InlineArray<64, cmicrohttpd_event>(repeating: cmicrohttpd_event())
        var span = events.mutableSpan
        count = unsafe span.withUnsafeMutableBufferPointer {
            unsafe cmicrohttpd_wait(epoll.raw, $0.baseAddress, Int32($0.count), milliseconds)
        }
        // After an interruption by a signal there are no events; the caller polls again.
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
        // If there is nothing to read, it was drained before.
        _ = unsafe read(descriptor, &value, 8)
    }
}
