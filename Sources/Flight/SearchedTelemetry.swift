import CoreMetrics
import Logging

/// The log and the metrics of the flown clients. Each text is searched for the flight's credentials and then dropped.
///
/// Confined to the simulation's thread, where all clients of a flight run.
final class SearchedTelemetry: MetricsFactory, @unchecked Sendable {
    // Confined to the simulation's thread, like the class.
    private let secrets: SecretsChecker

    init(_ secrets: SecretsChecker) { self.secrets = secrets }

    /// How many requests of a flight are logged before only some are, and then one of how many.
    private static let wholeMax: UInt64 = 256
    private static let sampled: UInt64 = 16_384

    /// Whether the request that arrives as number `count` of the flight, from 1, is logged: each of the first 256, then
    /// one of 16 384. The log records of a request cost several times the request itself.
    static func isLogged(_ count: UInt64) -> Bool { count <= wholeMax || count % sampled == 0 }

    /// A logger at level debug whose records are searched.
    var logger: Logger {
        var logger = Logger(label: "windtunnel.flight") { _ in SearchedLog(self) }
        logger.logLevel = .debug
        return logger
    }

    fileprivate func searchLog(_ text: String) { secrets.search(text, in: "a client's log") }

    private func search(_ label: String, _ dimensions: [(String, String)]) {
        let all = dimensions.reduce(label) { "\($0) \($1.0)=\($1.1)" }
        secrets.search(all, in: "a client's metrics")
    }

    func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        search(label, dimensions)
        return NOOPMetricsHandler.instance
    }

    func makeRecorder(
        label: String, dimensions: [(String, String)], aggregate: Bool
    ) -> any RecorderHandler {
        search(label, dimensions)
        return NOOPMetricsHandler.instance
    }

    func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        search(label, dimensions)
        return NOOPMetricsHandler.instance
    }

    func destroyCounter(_ handler: any CounterHandler) {}
    func destroyRecorder(_ handler: any RecorderHandler) {}
    func destroyTimer(_ handler: any TimerHandler) {}
}

/// A log handler that searches its lines instead of writing them.
private struct SearchedLog: LogHandler {
    private let telemetry: SearchedTelemetry
    var metadata = Logger.Metadata()
    var logLevel = Logger.Level.debug

    init(_ telemetry: SearchedTelemetry) { self.telemetry = telemetry }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        telemetry.searchLog(event.message.description)
        // Each pair is searched separately, so the order of the dictionary has no effect.
        for (key, value) in metadata { telemetry.searchLog("\(key)=\(value)") }
        for (key, value) in event.metadata ?? [:] { telemetry.searchLog("\(key)=\(value)") }
    }
}
