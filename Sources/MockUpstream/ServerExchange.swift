internal import CMicroHTTPD
import HTTPTypes
import Upstream

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A request with its decision, while that is carried out.
struct ServerExchange {
    let decision: Decision
    let token: UInt64
    let arrival: Int64
    /// The instant at which status and header fields are sent.
    let headDue: Int64
    /// The instant at which the exchange ends.
    let endDue: Int64
    /// The schedule of a slow body; nil if the body is sent at once.
    let trickle: Trickle?
    /// The bytes to send in place of an answer that breaks; nil for other decisions.
    let broken: BrokenAnswer?
    let isParked: Bool
    /// The number of bytes of the body; 0 if there is none.
    let bodyCount: Int
    /// The number of bytes sent so far: of the body, or of the whole broken answer.
    var sent = 0
    /// Whether a broken answer was sent as decided.
    var hasBroken = false

    init(_ performance: Performance, of request: ServedRequest) {
        decision = performance.decision
        token = performance.token
        arrival = request.arrival
        isParked = if case .hang = decision.ending { true } else { false }
        broken =
            if case .broken(let breakage, let usual) = decision.ending, breakage != .badGzip {
                BrokenAnswer(breakage, instead: usual)
            } else { nil }
        let takesTime = performance.pace == .real
        endDue = takesTime ? arrival.plus(max(0, decision.delay)) : arrival
        bodyCount =
            switch decision.ending {
            case .answer(let answer):
                answer.hasBody && request.method != .head ? answer.body.count : 0
            case .broken: broken?.body.count ?? 0
            case .hang: 0
            }
        if takesTime, decision.bodyTime > 0, bodyCount > 0 {
            headDue = max(arrival, endDue - decision.bodyTime)
            trickle = Trickle(start: headDue, time: endDue - headDue, count: bodyCount)
        } else {
            headDue = endDue
            trickle = nil
        }
    }

    /// The number of bytes of a broken answer that may have been sent by an instant.
    func allowed(_ broken: BrokenAnswer, at now: Int64) -> Int {
        if now < headDue { return 0 }
        return broken.head.count + (trickle?.allowed(at: now) ?? broken.body.count)
    }
}

extension Connection {
    /// The socket buffer's size in bytes, so that a large broken answer is taken at once without a
    /// reader.
    private static let bufferBytes: Int32 = 1_048_576
    /// Nanoseconds until the next try if the socket buffer is full.
    private static let retryGap: Int64 = 1_000_000

    /// Carries out the exchange as far as is possible now.
    /// - Returns: whether the connection stays open.
    func perform() -> Bool {
        guard let exchange, !hasLeft, unsafe !reactor.isStopping else { return false }
        if exchange.isParked {
            suspend(until: .max)
            unsafe reactor.source.parked(exchange.token)
            return true
        }
        // An exchange that is due on arrival needs no look at the clock.
        if exchange.headDue > exchange.arrival, exchange.headDue > Monotonic.now {
            suspend(until: exchange.headDue)
            return true
        }
        if let broken = exchange.broken { return perform(broken) }
        switch exchange.decision.ending {
        case .answer(let answer):
            if exchange.trickle != nil { return send(answer, trickle: true) }
            self.exchange?.sent = exchange.bodyCount
            return send(answer)
        case .broken(_, let usual): return send(usual.withBrokenCompression)
        case .hang: return false
        }
    }

    /// Writes the bytes of a broken answer directly to the connection, past the daemon.
    private func perform(_ broken: BrokenAnswer) -> Bool {
        guard var exchange else { return false }
        defer { self.exchange = exchange }
        let bytes = broken.head + broken.body
        if exchange.sent == 0, bytes.count > 65_536 { enlargeBuffer() }
        let allowed = exchange.allowed(broken, at: Monotonic.now)
        while exchange.sent < allowed {
            let written = unsafe bytes[exchange.sent..<allowed].withUnsafeBytes {
                unsafe cmicrohttpd_write(descriptor, session, $0.baseAddress, $0.count)
            }
            if written < 0 { return false }
            if written == 0 {
                suspend(until: Monotonic.now + Self.retryGap)
                return true
            }
            exchange.sent += written
        }
        if exchange.sent < bytes.count, let trickle = exchange.trickle {
            suspend(until: trickle.due(after: exchange.sent - broken.head.count))
            return true
        }
        if exchange.endDue > Monotonic.now, exchange.endDue > exchange.arrival {
            suspend(until: exchange.endDue)
            return true
        }
        exchange.hasBroken = true
        if broken.endsInReset { cmicrohttpd_reset(descriptor) }
        return false
    }

    private func enlargeBuffer() {
        var bytes = Self.bufferBytes
        unsafe setsockopt(
            descriptor, SOL_SOCKET, SO_SNDBUF, &bytes, socklen_t(MemoryLayout<Int32>.size))
    }
}
