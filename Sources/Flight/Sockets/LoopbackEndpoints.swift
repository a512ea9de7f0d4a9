import APIClient
import CurlTransport
import HTTPTypes
import MockUpstream
import Upstream

/// Both ends of a flight over loopback sockets: the client's curl, and the server that performs decisions.
///
/// Confined to the simulation's thread.
final class LoopbackEndpoints {
    let curl: CurlLoop
    let server: MockUpstreamServer
    let table = ExchangeTable()
    let baseURL: String
    private var lastNumber: UInt64 = 0

    /// - Parameters:
    ///   - upstream: its faults determine whether TLS is needed.
    ///   - mode: whether the simulation or a thread of its own drives the server.
    /// - Throws: ``FlightError`` if a port, a descriptor or a library is missing.
    init(_ upstream: UpstreamConfiguration, _ mode: MockUpstreamServer.Settings.Mode)
        throws(FlightError)
    {
        let needsTLS = upstream.faults.contains { $0.effect.needsTLS }
        do {
            DescriptorLimit.raise()
            var settings = MockUpstreamServer.Settings(
                mode: mode, connectionsMax: Self.connectionsMax,
                headerBytesMax: Self.headerBytesMax, idleTimeout: nil)
            // A full connection pool would delay requests, which the model does not know of.
            var configuration = CurlConfiguration(
                connectionsMax: Self.connectionsMax, connectionsPerHostMax: Self.connectionsMax)
            // No smaller than any answer that a model may give.
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

    /// Sends a request and has the server perform its decision.
    ///
    /// - Parameters:
    ///   - request: the request to send.
    ///   - decision: the decision that the server performs.
    ///   - pace: whether the decision's delays pass in real time.
    ///   - completion: called from within a call of curl's `turn`.
    /// - Returns: the number of the exchange, and the identifier that cancels the transfer.
    /// - Throws: ``FlightError`` if a port cannot be opened.
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

    /// Releases what is left of an exchange.
    func end(_ number: UInt64, _ transfer: CurlTransferID) {
        curl.cancel(transfer)
        table.forget(number)
    }

    /// Closes all connections and ports.
    func close() {
        server.stop()
        curl.end(with: TransportError(.cancelled))
    }
}

extension FlightError {
    /// The error for a connection that failed to be made. No decision causes this; the machine does.
    static func noConnection(_ error: TransportError) -> FlightError {
        FlightError(
            .environment,
            "a connection over loopback cannot be made: \(error.message); perhaps too few files "
                + "may be open (ulimit -n), or too few ports are free")
    }
}
