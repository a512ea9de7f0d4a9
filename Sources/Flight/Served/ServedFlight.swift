package import ScenarioFile
import Trace
import Upstream

/// The settings for serving a scenario.
package struct ServedOptions: Sendable {
    /// The seed of the upstream's random numbers.
    package var seed: UInt64
    /// The tool's version, written into the trace's header.
    package var version: String
    /// The event lines that the trace file keeps. Defaults to `.full`.
    package var trace: TraceMode
    /// Path of the trace file, in an existing folder; nil (the default): no file is written.
    package var tracePath: String?
    /// How much the time between two attempts may deviate from what the client's settings allow, in
    /// nanoseconds. Defaults to 100 ms.
    package var tolerance: Int64

    /// Makes options. By default the full trace is kept, if it has a path.
    package init(
        seed: UInt64, version: String, trace: TraceMode = .full, tracePath: String? = nil,
        tolerance: Int64 = 100_000_000
    ) {
        self.seed = seed
        self.version = version
        self.trace = trace
        self.tracePath = tracePath
        self.tolerance = tolerance
    }
}

/// A scenario served to an external client, from the first request to the result. Must be used by one thread at
/// a time, like its log.
package final class ServedFlight {
    /// Receives the arrivals and deliveries.
    package let log: ServedLog
    private let scenario: Scenario
    private let options: ServedOptions
    private let writer: TraceWriter

    /// Begins the trace.
    /// - Throws: ``FlightError`` if the trace cannot be written.
    package init(_ scenario: Scenario, _ options: ServedOptions) throws(FlightError) {
        self.scenario = scenario
        self.options = options
        let expected = try ExpectedSchemas(scenario.upstream.routes)
        let header = TraceHeader(
            version: options.version, seed: options.seed, mode: FlightMode.serve.rawValue,
            scenario: scenario.canonicalJSON())
        do {
            writer = try TraceWriter(
                path: options.trace == .off ? nil : options.tracePath, header: header.json)
        } catch {
            throw FlightError(.environment, error.description)
        }
        log = ServedLog(
            scenario, tolerance: options.tolerance, expected: expected,
            recorder: Recorder(writer, mode: options.trace),
            keepsFailuresOnly: options.trace == .failures)
    }

    /// Closes the trace and judges the client.
    /// - Parameters:
    ///   - instant: the end, in nanoseconds since the start.
    ///   - isInterrupted: whether serving stopped early. Defaults to `false`.
    /// - Returns: the result, in the form of a flight's.
    /// - Throws: ``FlightError`` if the trace cannot be written.
    package func finish(
        at instant: Int64, isInterrupted: Bool = false
    ) throws(FlightError) -> FlightResult {
        log.close(at: instant)
        let trace:
            (digest: String, lines: UInt64, bytesUncompressed: UInt64, bytesCompressed: UInt64)
        do {
            trace = try writer.finish { digest, lines in
                TraceFooter(
                    lines: lines, digest: digest,
                    counts: [
                        ("requests", Int64(log.arrivals)), ("ended_at", instant),
                        ("interrupted", isInterrupted ? 1 : 0),
                    ]
                ).json
            }
        } catch {
            throw FlightError(.environment, error.description)
        }
        let seconds = Double(instant) / 1e9
        return FlightResult(
            scenario: scenario, seed: options.seed, mode: .serve, digest: trace.digest,
            lines: trace.lines, traceBytes: trace.bytesCompressed,
            tracePath: options.trace == .off ? nil : options.tracePath, virtualSeconds: seconds,
            wallSeconds: seconds, figures: log.figures, invariants: log.invariantResults,
            isInterrupted: isInterrupted)
    }
}
