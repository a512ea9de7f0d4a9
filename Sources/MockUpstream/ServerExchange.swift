internal import CMicroHTTPD
import HTTPTypes
import Upstream

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A request that was decided upon, on its way to its end.
struct ServerExchange {
    let decision: Decision
    let token: UInt64
    let arrival: Int64
    /// When status and fields leave.
    let headDue: Int64
    /// When the exchange is over.
    let endDue: Int64
    /// How the body comes, where it takes time.
    let trickle: Trickle?
    /// What stands in place of an answer where it breaks.
    let broken: BrokenAnswer?
    let isParked: Bool
    /// Bytes of the body, where there is one.
    let bodyCount: Int
    /// Bytes that have left: of the body, or of all that is broken.
    var sent = 0
    /// Whether a broken answer has broken as decided.
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

    /// How many bytes of a broken answer may have left at an instant.
    func allowed(_ broken: BrokenAnswer, at now: Int64) -> Int {
        if now < headDue { return 0 }
        return broken.head.count + (trickle?.allowed(at: now) ?? broken.body.count)
    }
}

extension Connection {
    /// A system's buffer takes this much at least without anybody reading.
    private static let bufferBytes: Int32 = 1_048_576
    /// When to try again where it does not.
    private static let retryGap: Int64 = 1_000_000

    /// Takes the exchange as far as it goes at present.
    /// - Returns: whether the connection lives on.
    func perform() -> Bool {
        guard let exchange, !hasLeft, unsafe !reactor.isStopping else { return false }
        if exchange.isParked {
            suspend(until: .max)
            unsafe reactor.source.parked(exchange.token)
            return true
        }
        // What is due on arrival needs no look at the clock.
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

    /// Writes what no daemon would, past it.
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
