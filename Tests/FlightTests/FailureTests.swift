import Testing
import Trace

@testable import Flight

@Suite("A flight that fails") struct FailureTests {
    private let fullDisk = TraceError(
        code: .writeFailed, path: "trace.jsonl.gz", message: "No space left on device")

    @Test func `keeps its own code where the trace fails as well, and tells both`() throws {
        let failure = FlightError(.notReproduced, "request 1 crossed differently")
        let told = #expect(throws: FlightError.self) {
            _ = try FlightRun.outcome(of: failure, .failure(fullDisk))
        }
        #expect(told?.code.description == "not_reproduced")
        #expect(told?.message.contains("request 1 crossed differently") == true)
        #expect(told?.message.contains("No space left on device") == true)
    }

    @Test func `is an environment error where only the trace fails`() {
        let told = #expect(throws: FlightError.self) {
            _ = try FlightRun.outcome(of: nil, .failure(fullDisk))
        }
        #expect(told?.code.description == "environment")
    }

    @Test func `fails although its trace is whole`() {
        let told = #expect(throws: FlightError.self) {
            _ = try FlightRun.outcome(
                of: FlightError(.simulation, "stalled"), .success(("", 0, 0, 0)))
        }
        #expect(told?.message == "stalled")
    }
}
