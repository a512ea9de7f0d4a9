import APIClient
import HTTPTypes
import ScenarioFile
import Simulation
import SimulatedClient
import Testing
import Upstream

@testable import Flight

@Suite struct TransportTests {
    private static let codes: [(breakage: Breakage, code: TransportError.Code)] = [
        (.refused, .connectionRefused), (.reset, .connectionReset),
        (.resetMidBody, .connectionReset), (.truncated, .truncated), (.headersCut, .truncated),
        (.empty, .empty), (.garbage, .malformed), (.badChunk, .malformed),
        (.duplicateLength, .malformed), (.badGzip, .malformed), (.hugeHeaders, .tooLarge),
        (.expired, .certificateExpired), (.wrongHost, .certificateWrongHost),
        (.untrusted, .certificateUntrusted),
    ]

    @Test func oneTableNamesWhatAFaultLooksLike() {
        #expect(Set(Self.codes.map(\.breakage)) == Set(Breakage.allCases))
        let answer = Answer(status: 200, fields: [:], body: [])
        for (breakage, code) in Self.codes {
            #expect(TransportError(ending: .broken(breakage, answer)).code == code)
        }
        #expect(TransportError(ending: .hang(beforeRequest: false)).code == .timedOut)
        #expect(TransportError(ending: .hang(beforeRequest: true)).code == .connectTimedOut)
    }

    /// After a failure before the request was read, sending it again is always safe.
    @Test func whatBreaksBeforeTheRequestProvablyNeverReachedTheUpstream() {
        let answer = Answer(status: 200, fields: [:], body: [])
        for breakage in Breakage.allCases {
            let error = TransportError(ending: .broken(breakage, answer))
            #expect(error.neverReachedUpstream == breakage.isBeforeRequest)
        }
    }

    private enum Outcome: Sendable, Equatable {
        case answered(Int, at: Int64)
        case failed(String, at: Int64)
    }

    /// Sends once with a timeout of 1 s against an upstream with `latency` and `fault`.
    private func send(
        latency: String = "40ms", fault: String = "", cancelledAfter: Int64? = nil
    ) throws -> Outcome {
        let plan = try scenario(
            """
            duration: 10s
            load: [ { rate: 1/s, path: /a } ]
            upstream: { latency: \(latency), faults: [ \(fault) ] }
            """)
        let simulation = Simulation()
        let box = UpstreamBox(FaultyUpstream(plan.upstream, seed: 1, epoch: plan.epoch))
        let schedule = try LoadSchedule(
            plan.loads[0], at: 0, seed: 1, end: plan.duration, clients: 1)
        let events = FlightRigs.events(plan, [schedule], box)
        let transport = SimulatedTransport(AttemptDecider(simulation, box, events))
        let request = TransportRequest(
            .get, authority: "a.test", target: "/a", timeout: .seconds(1))
        return try simulation.run {
            await withTaskGroup(of: Outcome?.self) { group in
                group.addTask {
                    do throws(TransportError) {
                        let response = try await transport.send(request)
                        return .answered(
                            response.statusCode, at: simulation.clock.now.nanoseconds)
                    } catch {
                        return .failed("\(error.code)", at: simulation.clock.now.nanoseconds)
                    }
                }
                if let cancelledAfter {
                    group.addTask {
                        try? await simulation.clock.sleep(
                            EventKey(cancelledAfter, .wakeUp, request: .max))
                        return nil
                    }
                }
                var outcome: Outcome?
                for await ended in group {
                    if let ended { outcome = ended } else { group.cancelAll() }
                }
                return outcome ?? .failed("nothing", at: 0)
            }
        }
    }

    @Test func anAnswerComesAfterItsDelay() throws {
        #expect(try send() == .answered(200, at: 40 * ms))
        #expect(try send(fault: "{ status: 503 }") == .answered(503, at: 40 * ms))
    }

    @Test func anAnswerAtExactlyTheTimeoutIsInTime() throws {
        #expect(try send(latency: "1s") == .answered(200, at: second))
        #expect(try send(latency: "1000000001ns") == .failed("timed_out", at: second))
    }

    @Test func aFailureComesAfterItsDelayOrAtTheTimeout() throws {
        #expect(try send(fault: "{ refuse: true }") == .failed("connection_refused", at: 0))
        #expect(try send(fault: "{ reset: true }") == .failed("connection_reset", at: 40 * ms))
        #expect(
            try send(latency: "2s", fault: "{ reset: true }") == .failed("timed_out", at: second))
        #expect(try send(fault: "{ hang: true }") == .failed("timed_out", at: second))
    }

    @Test func aCancelledTaskStopsAtOnce() throws {
        let hang = "{ hang: true }"
        #expect(
            try send(fault: hang, cancelledAfter: 300 * ms) == .failed("cancelled", at: 300 * ms))
        #expect(try send(fault: hang, cancelledAfter: 0) == .failed("cancelled", at: 0))
    }
}
