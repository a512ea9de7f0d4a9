import HTTPTypes
import Testing
import Upstream

@testable import Flight

/// The assignment of arrivals to requests.
@Suite struct RecognitionTests {
    private static let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    private static let sameTrace = "00-4bf92f3577b34da6a3ce929d0e0e4736-1111111111111111-01"

    @Test(arguments: [
        (["Idempotency-Key": "k1"], RecognizedBy.idempotencyKey),
        (["X-Request-Id": "r1"], .requestID), (["traceparent": trace], .traceparent),
        ([:], .content),
    ])
    func attemptsAreRecognisedByWhatTheyCarry(fields: [String: String], by: RecognizedBy) throws {
        let stream = try ServedStream()
        let first = stream.send(at: 0, fields, gets: .answer(503))
        let second = stream.send(at: 110 * ms, fields)
        #expect(first.recognizedBy == nil && second.recognizedBy == by)
        #expect(first.ticket == ServedTicket(request: 0, attempt: 1))
        #expect(second.ticket == ServedTicket(request: 0, attempt: 2))
        #expect(!second.isUnclear && second.findings == [])
        let result = stream.result()
        #expect(result.say("requests") == "1.0 of 1" && result.say("attempts") == "2.0 of 2")
        #expect(result.sayRange("retry.amplification") == "2.0 of 1")
    }

    @Test func aTraceIsRecognisedWhateverTheSpan() throws {
        let stream = try ServedStream()
        stream.send(at: 0, ["traceparent": Self.trace], gets: .answer(503))
        let second = stream.send(at: 110 * ms, ["traceparent": Self.sameTrace])
        #expect(second.ticket.attempt == 2)
    }

    @Test func aTraceMayAskForTheSameThingTwice() throws {
        let stream = try ServedStream()
        stream.send(at: 0, ["traceparent": Self.trace])
        let second = stream.send(at: 110 * ms, ["traceparent": Self.sameTrace])
        #expect(second.ticket == ServedTicket(request: 1, attempt: 1) && !second.isUnclear)
    }

    @Test(
        "A traceparent that W3C Trace Context calls invalid names no request",
        arguments: [
            "01", "00-0-0-01",
            // Characters between the digits and the letters, above the letters, and in upper case.
            "00-4bf92f3577b34da6a3ce929d0e0e473:-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e473Z-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e473g-00f067aa0ba902b7-01",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00F067AA0BA902B7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0G",
            "0x-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-00",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-",
        ])
    func aMalformedTraceNamesNothing(value: String) throws {
        let stream = try ServedStream()
        stream.send(at: 0, ["traceparent": value], gets: .answer(503))
        let second = stream.send(at: 110 * ms, ["traceparent": value])
        #expect(second.recognizedBy == .content)
    }

    @Test("A later version of traceparent may go on behind what version 00 has")
    func aLaterVersionMayBeLonger() throws {
        let stream = try ServedStream()
        let value = "01" + Self.trace.dropFirst(2)
        stream.send(at: 0, ["traceparent": value + "-more"], gets: .answer(503))
        let second = stream.send(at: 110 * ms, ["traceparent": value])
        #expect(second.recognizedBy == .traceparent)
    }

    @Test(arguments: [
        ("/a?page=2", "", HTTPRequest.Method.get), ("/b", "", .get), ("/a", "x", .get),
        ("/a", "", .put),
    ])
    func withoutANameAnotherContentIsAnotherRequest(
        target: String, body: String, method: HTTPRequest.Method
    ) throws {
        let stream = try ServedStream()
        stream.send(at: 0, gets: .answer(503))
        let second = stream.send(method, target, at: 110 * ms, body: body)
        #expect(second.ticket.attempt == 1 && !second.isUnclear)
    }

    @Test func afterASuccessOrAFinalAnswerTheSameContentIsANewRequest() throws {
        let stream = try ServedStream()
        stream.send(at: 0)
        #expect(
            stream.send(at: 100 * ms, gets: .answer(404)).ticket == .init(request: 1, attempt: 1))
        #expect(stream.send(at: 200 * ms).ticket == .init(request: 2, attempt: 1))
        #expect(stream.result().sayRange("requests") == "3.0 of 3")
    }

    /// Later than the client's `total_timeout_ms` of 30 s after the failure.
    @Test func whoComesLongAfterAFailureIsNew() throws {
        let stream = try ServedStream()
        stream.send(at: 0, gets: .answer(503))
        #expect(stream.send(at: 10 * ms + 30 * second + 1).ticket == .init(request: 1, attempt: 1))
    }

    @Test func aRetryAfterIsWaitedFor() throws {
        let stream = try ServedStream()
        stream.send(at: 0, gets: .wait(429, until: 60 * second))
        #expect(stream.send(at: 61 * second).ticket == .init(request: 0, attempt: 2))
    }

    // MARK: - Ambiguous arrivals

    @Test func anotherRequestOfTheSameContentMakesARetryUnclear() throws {
        let stream = try ServedStream()
        stream.send(at: 0)
        stream.send(at: second, gets: .answer(503))
        let third = stream.send(at: second + 110 * ms)
        #expect(third.ticket == .init(request: 1, attempt: 2) && third.isUnclear)
        let result = stream.result()
        #expect(result.sayRange("requests") == "2.0 of 2, 2.0 to 3.0")
        #expect(result.sayRange("retry.amplification") == "1.5 of 2, 1.0 to 1.5")
        #expect(stream.log.unclearSends == 1)
    }

    @Test func ofTwoThatHaveFailedTheOlderIsTakenAndMarked() throws {
        let stream = try ServedStream()
        stream.begin(at: 0, gets: .answer(503))
        let second = stream.begin(at: 1 * ms, gets: .answer(503))
        stream.log.ended(.init(request: 0, attempt: 1), .delivered, at: 10 * ms)
        stream.log.ended(second.ticket, .delivered, at: 11 * ms)
        let third = stream.send(at: 110 * ms)
        #expect(third.ticket == .init(request: 0, attempt: 2) && third.isUnclear)
    }

    /// The request has used all its attempts.
    @Test func oneAttemptMoreThanThereShouldBeIsUnclear() throws {
        let stream = try ServedStream()
        for instant in [0, 110 * ms, 320 * ms, 730 * ms] {
            stream.send(at: instant, gets: .answer(503))
        }
        let fifth = stream.send(at: 1_540 * ms, gets: .answer(503))
        #expect(fifth.ticket == .init(request: 1, attempt: 1) && fifth.isUnclear)
        let result = stream.result()
        #expect(result.fared(.sendsBounded) == "0 of 1, 1 unclear")
        #expect(result.sayRange("requests") == "2.0 of 2, 1.0 to 2.0")
    }

    @Test func onlyOneArrivalMayBeTheAttemptThatIsOneTooMany() throws {
        let stream = try ServedStream(client: "max_retries: 0")
        for instant in [0, 2 * second, 4 * second] {
            stream.send(at: instant, gets: instant == 0 ? .answer(503) : .answer(200))
        }
        #expect(stream.result().sayRange("requests") == "3.0 of 3, 2.0 to 3.0")
    }

    @Test func whoAsksAgainForWhatHangsMayHaveGivenUp() throws {
        let stream = try ServedStream()
        stream.send(at: 0, gets: .hang)
        let second = stream.send(at: second)
        #expect(second.ticket == .init(request: 1, attempt: 1) && second.isUnclear)
    }

    /// The `request_timeout_ms` of 5 s has passed.
    @Test func whatHangsForAsLongAsAClientWaitsIsTriedAgain() throws {
        let stream = try ServedStream()
        stream.send(at: 0, gets: .hang)
        #expect(stream.send(at: 5_100 * ms).ticket == .init(request: 0, attempt: 2))
    }

    @Test func aClientThatWentAwayIsAwaitedAtOnce() throws {
        let stream = try ServedStream()
        stream.send(at: 0, gets: .hang, clientGoneAt: second)
        let second = stream.send(at: 1_100 * ms)
        #expect(second.ticket == .init(request: 0, attempt: 2) && !second.isUnclear)
    }

    /// A client that makes a new id for each send hides its retries; a client that keeps its ids does not.
    @Test func idsThatAreNeverKeptAreSaidToHideRetries() throws {
        let stream = try ServedStream()
        stream.send(at: 0, ["X-Request-Id": "1"], gets: .answer(503))
        stream.send(at: 110 * ms, ["X-Request-Id": "2"])
        #expect(stream.log.unclearSends == 1)
        stream.send(.get, "/b", at: second, ["X-Request-Id": "3"], gets: .answer(503))
        stream.send(.get, "/b", at: second + 110 * ms, ["X-Request-Id": "3"])
        #expect(stream.log.unclearSends == 0)
        #expect(stream.result().sayRange("retry.amplification") == "\(4.0 / 3) of 3")
    }

    @Test func aKeyThatTheScenarioGivesToAllNamesNone() throws {
        let stream = try ServedStream(
            """
            duration: 60s
            load: [ { rate: 1/s, method: POST, path: /a, headers: { Idempotency-Key: all } } ]
            """)
        stream.send(.post, at: 0, ["Idempotency-Key": "all"], body: "1")
        let second = stream.send(.post, at: second, ["Idempotency-Key": "all"], body: "2")
        #expect(second.ticket == .init(request: 1, attempt: 1))
    }

    // MARK: - Numbers

    @Test func requestsAreNumberedAsTheLoadsThatTheyLookLike() throws {
        let stream = try ServedStream(
            """
            duration: 60s
            load:
              - { name: users, rate: 1/s, path: "/users/{1..9}" }
              - { name: orders, rate: 1/s, method: POST, path: /orders }
              - { name: paid, rate: 1/s, method: POST, path: /orders, headers: { X-Paid: 1 } }
            """)
        #expect(stream.send(.get, "/users/3", at: 0).ticket.request == 0)
        #expect(stream.send(.get, "/users/4", at: 1).ticket.request == 1)
        #expect(stream.send(.post, "/orders?a", at: 2).ticket.request == 1_000_000_000_000)
        let paid = stream.send(.post, "/orders", at: 3, ["X-Paid": "2"])
        #expect(paid.ticket.request == 2_000_000_000_000)
        #expect(stream.send(.get, "/users/10", at: 4).ticket.request == 3_000_000_000_000)
    }

    @Test func manyRequestsAreForgotten() throws {
        let stream = try ServedStream()
        for number in 0..<5_000 as Range<Int64> {
            stream.send(.get, "/\(number)", at: number * second, gets: .answer(503))
        }
        // The failure is long past and forgotten, so the request's end has been counted.
        #expect(
            stream.log.invariantResults.first { $0.invariant == .sendsBounded }!.checked > 3_000)
        #expect(stream.result(at: 5_000 * second).fared(.sendsBounded) == "0 of 5000")
    }
}
