import APIClient
import CurlTransport
import HTTPTypes
import MockUpstream
import Upstream

/// The two ends of a flight over sockets: the client's curl and the server that performs, on loopback.
///
/// Confined to the simulation's thread.
final class LoopbackEndpoints {
    let curl: CurlLoop
    let server: MockUpstreamServer
    let table = ExchangeTable()
    let baseURL: String
    private var lastNumber: UInt64 = 0

    /// - Parameters:
    ///   - upstream: whether anything in it asks for TLS.
    ///   - mode: who gives the server its turns.
    /// - Throws: ``FlightError`` where the machine has no port, descriptor or library for it.
    init(_ upstream: UpstreamConfiguration, _ mode: MockUpstreamServer.Settings.Mode)
        throws(FlightError)
    {
        let needsTLS = upstream.faults.contains { $0.effect.needsTLS }
        do {
            DescriptorLimit.raise()
            var settings = MockUpstreamServer.Settings(
                mode: mode, connectionsMax: Self.connectionsMax,
                headerBytesMax: Self.headerBytesMax, idleTimeout: nil)
            // A pool that is full would make requests wait for what the model knows nothing of.
            var configuration = CurlConfiguration(
                connectionsMax: Self.connectionsMax, connectionsPerHostMax: Self.connectionsMax)
            // As much as any answer of a model may have.
            configuration.headerSizeMax = Self.headerBytesMax
            configuration.bodySizeMax = 1 << 30
            if needsTLS {
                let certificates = try TestCertificates(names: [Self.host])
                settings.tls = certificates.tls()
                configuration.authority = certificates.authority
            }
            server = try MockUpstreamServer(settings, source: table)
            curl = try CurlLoop(configuration)
        } catch {
            throw FlightError(.environment, "the sockets cannot be set up: \(error)")
        }
        baseURL = (needsTLS ? "https://" : "http://") + Self.host
    }

    private static let host = "upstream.test"
    private static let connectionsMax = 10_000
    private static let headerBytesMax = 131_072

    /// Sends a request to where its decision is carried out.
    ///
    /// - Parameters:
    ///   - request: what is sent.
    ///   - decision: what the server does with it.
    ///   - pace: whether the decision's times pass.
    ///   - completion: called from within a turn of curl.
    /// - Returns: the exchange's number, and what to cancel the transfer by.
    /// - Throws: ``FlightError`` where a door cannot be opened.
    func start(
        _ request: TransportRequest, _ decision: Decision, _ pace: Performance.Pace,
        completion: @escaping (Result<TransportResponse, TransportError>) -> Void
    ) throws(FlightError) -> (number: UInt64, transfer: CurlTransferID) {
        let port: UInt16
        do {
            port = try server.port(for: decision.ending)
        } catch {
            throw FlightError(.environment, "the upstream cannot open a port: \(error)")
        }
        lastNumber += 1
        table.announce(lastNumber, decision, pace, request)
        let aim = CurlAim(
            loopbackPort: port, needsFreshConnection: decision.ending.isBeforeRequest,
            hasTimeLimits: pace == .real)
        let transfer = curl.start(
            request, aim: aim, adding: [ExchangeTable.field: String(lastNumber)],
            completion: completion)
        return (lastNumber, transfer)
    }

    /// Takes down what is left of an exchange.
    func end(_ number: UInt64, _ transfer: CurlTransferID) {
        curl.cancel(transfer)
        table.forget(number)
    }

    /// Closes every connection and port.
    func close() {
        server.stop()
        curl.end(with: TransportError(.cancelled))
    }
}

extension FlightError {
    /// No decision makes a connection fail in this way; the machine does.
    static func noConnection(_ error: TransportError) -> FlightError {
        FlightError(
            .environment,
            "a connection over loopback cannot be made: \(error.message); perhaps too few files "
                + "may be open (ulimit -n), or too few ports are free")
    }
}
