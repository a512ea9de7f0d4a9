internal import CCurl
package import APIClient
package import HTTPTypes

/// libcurl's multi interface, driven by whoever owns it: ``turn()``, ``wait(upTo:)``, and again.
///
/// Its connections and handles are used for one transfer after the other. All but ``wakeUp()`` belongs
/// to one thread at a time, the one that turns it; also ``start(_:aim:adding:completion:)`` and
/// ``cancel(_:)``, which may be called from a completion.
// Sendable so that other threads can wake it up and its owner can hand it to the thread that turns it.
@safe package final class CurlLoop: @unchecked Sendable {
    private let state: LoopState
    private let multi: MultiHandle
    private var exchanges: [CurlExchange] = []
    private var idle: [CurlExchange] = []
    /// Transfers that could not be handed to libcurl; the next turn says so.
    private var stillborn: [(CurlTransferID, TransportError)] = []
    /// No limit is over before this instant.
    private var nextLimit = Int64.max

    /// Checks all that can be checked without a connection.
    package init(_ configuration: CurlConfiguration) throws(CurlSetupError) {
        try SetupCheck(configuration).run()
        state = LoopState(CurlSettings(configuration))
        do throws(CurlCode) {
            multi = try MultiHandle(
                connectionsMax: configuration.connectionsMax,
                connectionsPerHostMax: configuration.connectionsPerHostMax)
            // Shows now, not at the first request, what the installed libcurl does not know.
            let first = try CurlExchange(slot: 0, loop: state)
            exchanges = [first]
            idle = [first]
        } catch {
            throw CurlSetupError(
                .library, "libcurl \(SetupCheck.libraryVersion) cannot be set up: \(error.text)")
        }
    }

    deinit {
        for exchange in exchanges where exchange.isAdded { multi.remove(exchange.easy) }
    }

    /// Requests that went out, as libcurl really sent them: a redirect is one more.
    package var sends: UInt64 { state.sends }

    /// Transfers that have not ended.
    package var underWay: Int { exchanges.count - idle.count }

    /// Begins a transfer; nothing is sent before the next turn.
    /// - Parameters:
    ///   - request: what is sent.
    ///   - aim: where to, and by which limits.
    ///   - fields: sent beside the request's own.
    ///   - completion: called once, inside ``turn()`` or ``end(with:)``; not at all after
    ///     ``cancel(_:)``.
    /// - Returns: what ``cancel(_:)`` takes.
    package func start(
        _ request: TransportRequest, aim: CurlAim = .asAddressed, adding fields: HTTPFields = [:],
        completion: @escaping (Result<TransportResponse, TransportError>) -> Void
    ) -> CurlTransferID {
        let exchange: CurlExchange
        do throws(CurlCode) {
            exchange = try takeExchange()
        } catch {
            preconditionFailure("libcurl gives no further handle: \(error.text)")
        }
        let id = CurlTransferID(slot: exchange.slot, generation: exchange.generation)
        exchange.request = request
        exchange.fields = fields
        exchange.aim = aim
        exchange.completion = completion
        exchange.redirectsLeft = state.settings.configuration.redirectsMax
        do throws(CurlCode) {
            try exchange.write(
                request, request.method, target: request.target, body: request.body)
            begin(exchange)
            exchange.started = exchange.hopStarted
            noteLimits(of: exchange)
        } catch {
            stillborn.append(
                (id, TransportError(.connectionFailed, "the request cannot be sent: \(error.text)"))
            )
        }
        return id
    }

    /// Takes a transfer down: its connection is closed, over HTTP/2 its stream is reset. Its completion
    /// is not called. A transfer that has ended is left alone.
    package func cancel(_ id: CurlTransferID) {
        guard let exchange = exchange(id) else { return }
        take(exchange)
        recycle(exchange)
    }

    /// Takes all transfers down and calls their completions with the error.
    package func end(with error: TransportError) {
        for exchange in exchanges where exchange.completion != nil {
            take(exchange)
            complete(exchange, .failure(error))
        }
    }

    /// Does what can be done without waiting, and calls the completions of what has ended.
    package func turn() {
        multi.perform()
        while let (context, code) = unsafe multi.nextDone() {
            guard let context = unsafe context else {
                preconditionFailure("every handle of the loop has its exchange as context")
            }
            unsafe ended(CurlExchange.of(context), code)
        }
        while let (id, error) = stillborn.popLast() {
            if let exchange = exchange(id) { complete(exchange, .failure(error)) }
        }
        if nextLimit != .max { enforceLimits() }
    }

    /// Waits until a socket is ready, a limit is over or ``wakeUp()`` is called, at most so long.
    package func wait(upTo nanoseconds: Int64) {
        guard stillborn.isEmpty else { return }
        var longest = nanoseconds
        if nextLimit != .max { longest = min(longest, nextLimit - LoopClock.now) }
        // Up: a limit must be over when the loop turns for it.
        let milliseconds = longest <= 0 ? 0 : (longest - 1) / 1_000_000 + 1
        multi.poll(milliseconds: Int32(clamping: milliseconds))
    }

    /// Ends the wait of another thread, or the next one.
    package func wakeUp() { multi.wakeUp() }

    // MARK: - Exchanges

    private func takeExchange() throws(CurlCode) -> CurlExchange {
        if let exchange = idle.popLast() { return exchange }
        let exchange = try CurlExchange(slot: UInt32(exchanges.count), loop: state)
        exchanges.append(exchange)
        return exchange
    }

    private func exchange(_ id: CurlTransferID) -> CurlExchange? {
        let exchange = exchanges[Int(id.slot)]
        return exchange.generation == id.generation && exchange.completion != nil ? exchange : nil
    }

    private func begin(_ exchange: CurlExchange) {
        if exchange.aim.hasTimeLimits { exchange.hopStarted = LoopClock.now }
        multi.add(exchange.easy)
        exchange.isAdded = true
    }

    private func noteLimits(of exchange: CurlExchange) {
        if exchange.aim.hasTimeLimits { nextLimit = min(nextLimit, exchange.earliestLimit) }
    }

    private func take(_ exchange: CurlExchange) {
        guard exchange.isAdded else { return }
        multi.remove(exchange.easy)
        exchange.isAdded = false
    }

    private func recycle(_ exchange: CurlExchange) {
        exchange.forget()
        idle.append(exchange)
    }

    private func complete(
        _ exchange: CurlExchange, _ result: Result<TransportResponse, TransportError>
    ) {
        let completion = exchange.completion
        // First, because the completion may start the next transfer.
        recycle(exchange)
        completion?(result)
    }

    // MARK: - Ends

    private func ended(_ exchange: CurlExchange, _ code: CURLcode) {
        let result = exchange.result(code)
        let redirect = exchange.redirect(after: result)
        take(exchange)
        guard let redirect else { return complete(exchange, result) }
        do throws(CurlCode) {
            try exchange.follow(redirect)
            begin(exchange)
            noteLimits(of: exchange)
        } catch {
            complete(
                exchange,
                .failure(
                    TransportError(.connectionFailed, "the redirect cannot be sent: \(error.text)"))
            )
        }
    }

    private func enforceLimits() {
        let now = LoopClock.now
        guard now >= nextLimit else { return }
        var next = Int64.max
        var over: [(CurlTransferID, TransportError)] = []
        for exchange in exchanges where exchange.isAdded && exchange.aim.hasTimeLimits {
            if let error = exchange.limitOver(at: now) {
                over.append(
                    (CurlTransferID(slot: exchange.slot, generation: exchange.generation), error))
            } else {
                next = min(next, exchange.nextLimit)
            }
        }
        nextLimit = next
        for (id, error) in over {
            // A completion before may have cancelled it.
            guard let exchange = exchange(id) else { continue }
            take(exchange)
            complete(exchange, .failure(error))
        }
    }
}
