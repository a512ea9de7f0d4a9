internal import CCurl
package import APIClient
package import HTTPTypes

/// An event loop around libcurl's multi interface. Its owner calls ``turn()`` and ``wait(upTo:)``
/// in turn.
///
/// Connections and handles are reused by one transfer after the other. All functions except
/// ``wakeUp()`` belong to one thread at a time, the one that calls ``turn()``.
/// ``start(_:aim:adding:completion:)`` and ``cancel(_:)`` may also be called from a completion.
// Sendable, so that other threads can wake it up and its owner can pass it to the thread that runs
// it.
@safe package final class CurlLoop: @unchecked Sendable {
    private let state: LoopState
    private let multi: MultiHandle
    private var exchanges: [CurlExchange] = []
    private var idle: [CurlExchange] = []
    /// Transfers that libcurl did not accept. They fail in the next turn.
    private var rejected: [(CurlTransferID, TransportError)] = []
    /// The earliest instant at which a time limit may be exceeded.
    private var nextLimit = Int64.max

    /// Makes a loop and checks everything that can be checked without a connection.
    package init(_ configuration: CurlConfiguration) throws(CurlSetupError) {
        try SetupCheck(configuration).run()
        state = LoopState(CurlSettings(configuration))
        do throws(CurlCode) {
            multi = try MultiHandle(
                connectionsMax: configuration.connectionsMax,
                connectionsPerHostMax: configuration.connectionsPerHostMax)
            // Detects now, not at the first request, options that the installed libcurl does not
            // support.
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

    /// The number of requests that libcurl has sent. Each followed redirect counts as one more.
    package var sends: UInt64 { state.sends }

    /// The number of transfers that have not ended.
    package var underWay: Int { exchanges.count - idle.count }

    /// Starts a transfer. Nothing is sent before the next turn.
    /// - Parameters:
    ///   - request: the request to send.
    ///   - aim: where to connect to, and whether time limits apply. Defaults to the request's own
    ///     address.
    ///   - fields: header fields in addition to the request's own. Defaults to none.
    ///   - completion: called once, inside ``turn()`` or ``end(with:)``; not called after
    ///     ``cancel(_:)``.
    /// - Returns: the argument for ``cancel(_:)``.
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
            rejected.append(
                (id, TransportError(.connectionFailed, "the request cannot be sent: \(error.text)"))
            )
        }
        return id
    }

    /// Aborts a transfer: its connection is closed, or its HTTP/2 stream is reset. Its completion
    /// is not called. Has no effect on a transfer that has ended.
    package func cancel(_ id: CurlTransferID) {
        guard let exchange = exchange(id) else { return }
        take(exchange)
        recycle(exchange)
    }

    /// Aborts all transfers and calls their completions with the error.
    package func end(with error: TransportError) {
        for exchange in exchanges where exchange.completion != nil {
            take(exchange)
            complete(exchange, .failure(error))
        }
    }

    /// Does all work that needs no waiting, and calls the completions of transfers that have ended.
    package func turn() {
        multi.perform()
        while let (context, code) = unsafe multi.nextDone() {
            guard let context = unsafe context else {
                preconditionFailure("every handle of the loop has its exchange as context")
            }
            unsafe ended(CurlExchange.of(context), code)
        }
        while let (id, error) = rejected.popLast() {
            if let exchange = exchange(id) { complete(exchange, .failure(error)) }
        }
        if nextLimit != .max { enforceLimits() }
    }

    /// Waits until a socket is ready, a time limit is exceeded or ``wakeUp()`` is called, at most
    /// this long.
    package func wait(upTo nanoseconds: Int64) {
        guard rejected.isEmpty else { return }
        var longest = nanoseconds
        if nextLimit != .max { longest = min(longest, nextLimit - LoopClock.now) }
        // Rounded up, because a limit must be exceeded when the loop wakes up for it.
        let milliseconds = longest <= 0 ? 0 : (longest - 1) / 1_000_000 + 1
        multi.poll(milliseconds: Int32(clamping: milliseconds))
    }

    /// Ends the current wait of the loop's thread, or its next one. May be called from any thread.
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
        // Recycled first, because the completion may start the next transfer.
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
            // An earlier completion may have cancelled it.
            guard let exchange = exchange(id) else { continue }
            take(exchange)
            complete(exchange, .failure(error))
        }
    }
}
