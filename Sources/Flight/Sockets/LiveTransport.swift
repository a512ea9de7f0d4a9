import APIClient
import CurlTransport
import MockUpstream
import Simulation
import Upstream

/// Sends over real sockets in real time. The model decides at the instant of the send, as in the other modes.
/// The server then waits for the decided delay, and curl enforces the attempt's timeout.
final class LiveTransport: Transport {
    private let decider: AttemptDecider
    private let crossing: LiveCrossing

    init(_ decider: AttemptDecider, _ crossing: LiveCrossing) {
        (self.decider, self.crossing) = (decider, crossing)
    }

    func send(_ request: TransportRequest) async throws(TransportError) -> TransportResponse {
        let attempt = decider.decide(request)
        let exchange: LiveCrossing.LiveExchange
        do {
            exchange = try crossing.start(request, attempt)
        } catch {
            decider.clock.abort(error.message)
            throw TransportError(.cancelled)
        }
        let result = await withTaskCancellationHandler {
            await exchange.result()
        } onCancel: {
            // Runs on the simulation's thread, like every cancellation here.
            exchange.cancel()
        }
        crossing.ended(exchange, result)
        decider.settle(attempt)
        if let failure = crossing.failure {
            decider.clock.abort(failure.message)
            throw TransportError(.cancelled)
        }
        return try result.get()
    }
}

/// The state that live transports share: the sockets, and the differences between observed and decided results.
///
/// Confined to the simulation's thread.
final class LiveCrossing: @unchecked Sendable {
    // Confined, like the class.
    private let endpoints: LoopbackEndpoints
    private let realTimeDriver: LiveTimeDriver
    private(set) var failure: FlightError?
    private var deliveries = Deliveries()
    /// Number of exchanges that were cancelled or ended differently from the decision. How far they came is unknown.
    private(set) var unsure: UInt64 = 0

    init(_ endpoints: LoopbackEndpoints, _ realTimeDriver: LiveTimeDriver) {
        self.endpoints = endpoints
        self.realTimeDriver = realTimeDriver
    }

    /// The differences between delivered and decided delays.
    var figures: DeliveryFigures { deliveries.figures }

    /// Sends an attempt after its decision.
    func start(
        _ request: TransportRequest, _ attempt: AttemptDecider.Attempt
    ) throws(FlightError) -> LiveExchange {
        let exchange = LiveExchange(self, request, attempt, started: realTimeDriver.now)
        do {
            let (number, transfer) = try endpoints.start(request, attempt.record.decision, .real) {
                [realTimeDriver] in
                realTimeDriver.delivered()
                exchange.end($0)
            }
            exchange.handle = (number, transfer)
            return exchange
        } catch {
            if failure == nil { failure = error }
            throw error
        }
    }

    /// Counts an exchange that is over.
    func ended(_ exchange: LiveExchange, _ result: Result<TransportResponse, TransportError>) {
        takeDown(exchange)
        if let problem = endpoints.table.problem, failure == nil {
            failure = FlightError(.notReproduced, problem)
        }
        if case .failure(let error) = result, error.code == .cancelled {
            unsure += 1
            exchange.attempt.record.cancel()
            return
        }
        let attempt = exchange.attempt
        let decided = CanonicalExchange(decided: attempt)
        let observed = CanonicalExchange(observed: result)
        guard decided == observed else {
            if case .failure(let error) = result, error.code == .connectionFailed, failure == nil {
                failure = FlightError.noConnection(error)
            }
            deliveries.raced += 1
            unsure += 1
            attempt.record.cameOut(result)
            return
        }
        guard attempt.isInTime else {
            // The timeout may have passed before the server had read anything.
            unsure += 1
            return
        }
        deliveries.add(realTimeDriver.now - exchange.started - attempt.record.decision.delay)
    }

    fileprivate func takeDown(_ exchange: LiveExchange) {
        if let (number, transfer) = exchange.handle { endpoints.end(number, transfer) }
    }

    /// One attempt in flight. Confined to the simulation's thread.
    @safe final class LiveExchange: @unchecked Sendable {
        // Confined, like everything in this class.
        let attempt: AttemptDecider.Attempt
        let timeout: Int64
        /// Real time of the send, in nanoseconds since the flight began.
        let started: Int64
        var handle: (number: UInt64, transfer: CurlTransferID)?
        private let crossing: LiveCrossing
        private var outcome: Result<TransportResponse, TransportError>?
        private var waiting: UnsafeContinuation<Result<TransportResponse, TransportError>, Never>?

        fileprivate init(
            _ crossing: LiveCrossing, _ request: TransportRequest,
            _ attempt: AttemptDecider.Attempt,
            started: Int64
        ) {
            self.crossing = crossing
            self.attempt = attempt
            timeout = request.timeout
            self.started = started
        }

        func result() async -> Result<TransportResponse, TransportError> {
            if let outcome { return outcome }
            return await unsafe withUnsafeContinuation { unsafe waiting = $0 }
        }

        fileprivate func end(_ result: Result<TransportResponse, TransportError>) {
            guard outcome == nil else { return }
            outcome = result
            let continuation = unsafe waiting
            unsafe waiting = nil
            unsafe continuation?.resume(returning: result)
        }

        fileprivate func cancel() {
            guard outcome == nil else { return }
            crossing.takeDown(self)
            end(.failure(TransportError(.cancelled)))
        }
    }
}

extension CanonicalExchange {
    /// The decided result for a client with the attempt's timeout.
    fileprivate init(decided attempt: AttemptDecider.Attempt) {
        if case .failure(let error) = attempt.reply {
            self = .failure(error.code)
        } else {
            self.init(decided: attempt.record.decision.ending)
        }
    }
}
