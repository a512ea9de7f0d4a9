package import ScenarioFile
import Trace
import Upstream

/// What serving a scenario needs to know besides it.
package struct ServedOptions: Sendable {
    /// What the upstream's chance grows from.
    package var seed: UInt64
    /// The tool's version, for the trace's header.
    package var version: String
    /// Which lines the trace file keeps.
    package var trace: TraceMode
    /// Where the trace goes; nil: nowhere. Its folder exists.
    package var tracePath: String?
    /// How far, in nanoseconds, the time between two attempts may lie outside of what the client's
    /// settings allow. Defaults to 100 ms.
    package var tolerance: Int64

    /// Options with full traces and the usual tolerance, unless told otherwise.
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

/// A scenario that is served to somebody else's client, from its first request to the judgement. Used by
/// one thread at a time, as its log.
package final class ServedFlight {
    /// To be told what arrives and what is delivered.
    package let log: ServedLog
    private let scenario: Scenario
    private let options: ServedOptions
    private let writer: TraceWriter

    /// Begins the trace.
    /// - Throws: ``FlightError`` where it cannot be written.
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

    /// Closes the trace and judges.
    /// - Parameters:
    ///   - instant: the end, in nanoseconds since the start.
    ///   - isInterrupted: whether what was to be seen was cut short.
    /// - Returns: what was seen, as of a flight.
    /// - Throws: ``FlightError`` where the trace cannot be written.
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
