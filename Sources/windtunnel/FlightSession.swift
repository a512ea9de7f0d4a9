import Dispatch
import Flight
import Report
import ScenarioFile
import Simulation
import Synchronization
import Trace
import Upstream

/// One flight to be made: a scenario with a seed, and the folder for its files.
struct FlightPlan: Sendable {
    let file: String
    let scenario: Scenario
    let seed: UInt64
    let folder: String
    /// Whether the flight is judged together with the scenario's other flights instead of by
    /// itself.
    let isInSeries: Bool

    var tracePath: String { folder + "/trace.jsonl.gz" }
    private var summaryPath: String { folder + "/summary.json" }

    /// Creates the folder and removes the summary of an earlier flight, which would otherwise look
    /// like this flight's summary if this flight is killed.
    /// - Throws: ``FileProblem`` if the folder cannot be created or the file cannot be removed.
    func makeFolder() throws {
        try Files.makeFolder(folder)
        try Files.remove(summaryPath)
    }

    /// Writes `summary.json` into the folder.
    /// - Throws: ``FileProblem`` if the file cannot be written, or an error of the JSON encoder.
    func writeSummary(_ flown: FlownScenario) throws {
        let summary = try JSONReport.summary(version: WindtunnelCommand.version, flown)
        try Files.write(summary, to: summaryPath)
    }

    func judged(_ flight: FlightResult) -> FlownScenario {
        FlownScenario(file: file, flight: flight, isJudged: !isInSeries)
    }

    /// The approximate number of requests that will arrive.
    var expectedRequests: Double {
        scenario.loads.reduce(0) { sum, load in
            let end = min(scenario.duration, load.start + (load.duration ?? scenario.duration))
            return sum + Double(max(0, end - load.start))
                * load.meanRate(against: scenario.upstream.latency)
        }
    }
}

/// The results of a run.
struct RunResults: Sendable {
    var flown: [FlownScenario] = []
    var series: [FlownSeries] = []
    var errors: [String] = []
    var isInterrupted = false
    var isEnvironment = false
    var isNotDeterministic = false

    var outcome: RunOutcome {
        var outcome = RunOutcome.passed
        if isInterrupted { outcome = outcome.and(.interrupted) }
        if isEnvironment { outcome = outcome.and(.environment) }
        if isNotDeterministic { outcome = outcome.and(.notDeterministic) }
        for verdict in flown.map(\.verdict) + series.map(\.verdict) {
            switch verdict {
            case .passed: break
            case .failed: outcome = outcome.and(.failed)
            case .inconclusive: outcome = outcome.and(.inconclusive)
            }
        }
        return outcome
    }
}

/// Flies plans on all cores. The results do not depend on the number of cores.
struct FlightSession: Sendable {
    /// The number of requests above which a flight's size is announced in advance.
    private static let manyRequests = 1_000_000.0
    /// The size of a trace per request, measured with steady traffic. Retries increase it.
    private static let bytesARequest = 55.0

    let plans: [FlightPlan]
    let mode: FlightMode
    let trace: TraceMode
    /// Whether the results keep the timelines once the summaries are written.
    let keepsTimelines: Bool
    /// How many times each plan is flown. With more than one flight, the digests are compared.
    let flights: Int
    let progress: Progress

    /// Announces the expected size of the traces of long flights, once for each scenario file.
    func announce() {
        guard trace == .full else { return }
        var announced: [String] = []
        for plan in plans where plan.expectedRequests > Self.manyRequests {
            guard !announced.contains(plan.file) else { continue }
            announced.append(plan.file)
            let flights = plans.filter { $0.file == plan.file }.count
            let requests = Wording.fixed(plan.expectedRequests, 0)
            let bytes = Wording.bytes(UInt64(min(plan.expectedRequests * Self.bytesARequest, 1e18)))
            let each = flights > 1 ? " each of \(flights) flights" : ""
            Output.complain(
                "\(plan.file):\(each) about \(requests) requests, a trace of about \(bytes) "
                    + "(--trace failures or off to keep less)")
        }
    }

    func fly() -> RunResults {
        progress.begin(plans.map(\.scenario.name))
        defer { progress.end() }
        let ends = Mutex<[FlightEnd?]>(plans.map { _ in nil })
        @Sendable func flyOne(_ index: Int) {
            guard !Interruption.flag.isRaised else { return }
            let end = fly(index)
            ends.withLock { $0[index] = end }
        }
        if mode == .live {
            // Live flights run one after the other, because parallel flights would delay each
            // other.
            for index in plans.indices { flyOne(index) }
        } else {
            DispatchQueue.concurrentPerform(iterations: plans.count, execute: flyOne)
        }
        return collect(ends.withLock { $0 })
    }

    /// The end of one flight.
    private enum FlightEnd: Sendable {
        case flown(FlightResult)
        case notDeterministic(FlightResult, String)
        /// The exchange observed over the sockets differs from the decided one.
        case notReproduced(String)
        case failed(String)
    }

    private func fly(_ index: Int) -> FlightEnd {
        let plan = plans[index]
        do {
            try plan.makeFolder()
            var first = try FlightRun.fly(plan.scenario, options(index, path: plan.tracePath))
            for _ in 1..<flights where !Interruption.flag.isRaised && !first.isInterrupted {
                if let difference = try flyAgain(index, first) {
                    return .notDeterministic(first, difference)
                }
            }
            try plan.writeSummary(plan.judged(first))
            // A timeline takes up to a megabyte, and there may be a hundred thousand flights.
            if !keepsTimelines { first.timeline = nil }
            return .flown(first)
        } catch let error as FlightError where error.code == .notReproduced {
            return .notReproduced("\(plan.file): seed \(plan.seed): \(error)")
        } catch {
            return .failed("\(plan.file): \(error)")
        }
    }

    private func options(_ index: Int, path: String) -> FlightOptions {
        let plan = plans[index]
        var options = FlightOptions(
            seed: plan.seed, version: WindtunnelCommand.version, trace: trace, tracePath: path)
        options.mode = mode
        options.stopFlag = Interruption.flag
        let duration = Double(plan.scenario.duration)
        options.progress = { [progress] instant, _ in
            progress.moved(index, to: min(1, Double(instant) / duration))
        }
        return options
    }

    /// Flies a plan once more and compares the digests.
    /// - Returns: A description of the first difference; nil if the digests are equal.
    private func flyAgain(_ index: Int, _ first: FlightResult) throws -> String? {
        let plan = plans[index]
        let path = plan.folder + "/trace-again.jsonl.gz"
        let second = try FlightRun.fly(plan.scenario, options(index, path: path))
        if second.isInterrupted || second.digest == first.digest {
            if trace != .off { try Files.remove(path) }
            return nil
        }
        var text =
            "\(plan.file): seed \(plan.seed) is not deterministic: digests \(first.digest) and \(second.digest)"
        if trace == .full {
            text +=
                "; " + (try TraceWords.difference(plan.tracePath, path) ?? "the traces are equal")
        }
        return text
    }

    private func collect(_ ends: [FlightEnd?]) -> RunResults {
        var results = RunResults()
        results.isInterrupted = Interruption.flag.isRaised
        var series: [(file: String, flights: [FlightResult])] = []
        for (plan, end) in zip(plans, ends) {
            switch end {
            case nil: break
            case .failed(let message):
                results.errors.append(message)
                results.isEnvironment = true
            case .notDeterministic(_, let difference), .notReproduced(let difference):
                results.errors.append(difference)
                results.isNotDeterministic = true
            case .flown(let flight):
                results.flown.append(plan.judged(flight))
                guard plan.isInSeries else { continue }
                if series.last?.file != plan.file { series.append((plan.file, [])) }
                series[series.count - 1].flights.append(flight)
            }
        }
        if !results.isInterrupted {
            results.series = series.map { FlownSeries(file: $0.file, flights: $0.flights) }
        }
        return results
    }
}
