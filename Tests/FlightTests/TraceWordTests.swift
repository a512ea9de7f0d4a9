import APIClient
import Testing
import Trace
import Upstream

@testable import Flight

/// The schema of the trace has the words that a flight writes.
@Suite struct TraceWordTests {
    private func words<Known: TraceVocabulary>(_ type: Known.Type) -> Set<String> {
        Set(type.allCases.map(\.rawValue))
    }

    @Test("The client's words are those of the schema")
    func client() {
        typealias Code = TransportError.Code
        let codes: [Code] = [
            .connectionRefused, .connectTimedOut, .connectionFailed, .timedOut, .connectionReset,
            .truncated, .malformed, .empty, .tooLarge, .certificateExpired, .certificateWrongHost,
            .certificateUntrusted, .cancelled,
        ]
        #expect(
            words(TraceEvent.Failure.Code.self) == Set(codes.map { "\($0.name)" } + ["client_gone"])
        )
        #expect(
            words(TraceEvent.Wait.Reason.self) == Set(ClientWait.Reason.allCases.map(\.rawValue)))
        #expect(
            words(TraceEvent.GiveUp.Reason.self) == Set(GiveUpReason.allCases.map(\.rawValue)))
        let states: [CircuitBreaker.State] = [.closed, .open, .halfOpen]
        #expect(words(TraceEvent.Breaker.State.self) == Set(states.map(\.rawValue)))
        let errors = APIError.Code.allCases.map(\.description)
        #expect(
            words(TraceEvent.End.Outcome.self)
                == Set(errors + ["ok", "cached", "stale", "answered"]))
    }

    @Test("The upstream's and the server's words are those of the schema")
    func upstream() {
        #expect(
            words(TraceEvent.Attempt.Breakage.self)
                == Set(Breakage.allCases.map(\.rawValue) + ["hang", "handshake_hang"]))
        let refusals: [Decision.Refusal] = [.quota, .capacity]
        #expect(words(TraceEvent.Attempt.Refuser.self) == Set(refusals.map(\.rawValue)))
        #expect(
            words(TraceEvent.Attempt.Recognition.self)
                == Set(RecognizedBy.allCases.map(\.rawValue)))
    }
}
