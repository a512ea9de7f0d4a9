import APIClient
import CAllocations

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Measures the cost of the client's own decisions without a network and without virtual time: the
/// breaker alone, and a successful request through every policy with the production clock and
/// random generator.
///
/// The figures are specific to one machine. They are the median over several rounds of processor
/// time, which other load changes little. The numbers of allocations repeat exactly.
@main
struct Policies {
    static let rounds = 9
    static let breakerCalls = 1_000_000
    static let requests = 200_000

    static func main() async throws {
        print("what                                     ns each     goal   allocations     goal")
        try breaker()
        for path in HappyPath.allCases { try await happy(path) }
    }

    private static func breaker() throws {
        var breaker = CircuitBreaker(policy: BreakerPolicy(), probeTimeout: 5_000_000_000)
        var now: Int64 = 0
        let measured = measure(breakerCalls) {
            for call in 0..<breakerCalls {
                now += 100_000
                guard case (.permitted(let permit), _) = breaker.admit(at: now) else { continue }
                // One call in 64 fails, which is too few to open the breaker.
                _ = breaker.record(call % 64 == 0 ? .failure : .success, for: permit, at: now)
            }
        }
        guard breaker.state == .closed else { throw Broken("the breaker opened") }
        show("breaker: admit and record", measured, goal: 100, allocationsGoal: 0)
    }

    private static func happy(_ path: HappyPath) async throws {
        let client = try path.client()
        let request = path.request
        var rounds: [Measured] = []
        for _ in 0..<Self.rounds {
            let counted = allocations_count()
            let start = Measured.processorTime()
            for _ in 0..<requests {
                let status = try await client.execute(request).statusCode
                guard status == 200 else { throw Broken("status \(status)") }
            }
            rounds.append(
                Measured(since: start, allocations: allocations_count() - counted, calls: requests))
        }
        show(path.rawValue, Measured.median(rounds), goal: 800, allocationsGoal: 5)
    }

    private static func measure(_ calls: Int, _ body: () -> Void) -> Measured {
        Measured.median(
            (0..<rounds).map { _ in
                let counted = allocations_count()
                let start = Measured.processorTime()
                body()
                return Measured(
                    since: start, allocations: allocations_count() - counted, calls: calls)
            })
    }

    private static func show(
        _ what: String, _ measured: Measured, goal: Int, allocationsGoal: Int
    ) {
        let cells = [
            pad("\(Int(measured.nanoseconds.rounded()))", 9), pad("\(goal)", 9),
            pad("\((measured.allocations * 100).rounded() / 100)", 14),
            pad("\(allocationsGoal)", 9),
        ]
        print(what + String(repeating: " ", count: max(0, 38 - what.count)) + cells.joined())
    }

    private static func pad(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.count)) + text
    }
}

/// The mean cost of one call.
struct Measured {
    var nanoseconds: Double
    var allocations: Double

    /// The processor time of the whole process in nanoseconds.
    static func processorTime() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) * 1e9 + Double(time.tv_nsec)
    }

    init(since start: Double, allocations: UInt64, calls: Int) {
        nanoseconds = (Self.processorTime() - start) / Double(calls)
        self.allocations = Double(allocations) / Double(calls)
    }

    static func median(_ all: [Measured]) -> Measured {
        let sorted = all.sorted { $0.nanoseconds < $1.nanoseconds }
        return sorted[sorted.count / 2]
    }
}

/// The error for a benchmark that does not do what it is meant to measure.
struct Broken: Error, CustomStringConvertible {
    let description: String
    init(_ what: String) { description = "the benchmark is broken: \(what)" }
}
