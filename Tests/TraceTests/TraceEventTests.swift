import Testing

@testable import Trace

/// Any bytes give a typed event or an error that tells the defect.
@Suite struct TraceEventTests {
    private func event(_ text: String) throws -> TraceEvent { try TraceEvent(Array(text.utf8)) }

    private func written(_ event: TraceEvent) -> String {
        var line = LineBuffer(capacity: 64)
        event.write(to: &line)
        return String(decoding: line.bytes, as: UTF8.self)
    }

    @Test("An attempt's fields are those of its line")
    func attempt() throws {
        let text =
            #"{"t":9,"c":2,"r":1000000000004,"e":"attempt","a":2,"probe":true,"timeout":70,"s":503,"#
            + #""d":40,"retry_after":"1","queued":3,"service":5,"by":"capacity","faults":[0,2],"#
            + #""shadowed":[1]}"#
        let event = try event(text)
        #expect(event.identity == .init(instant: 9, client: 2, request: 1_000_000_000_004))
        guard case .attempt(let attempt) = event.content else {
            Issue.record("\(event)")
            return
        }
        #expect(attempt.number == 2 && attempt.isProbe && !attempt.isUnclear)
        #expect(attempt.ending == .answer(status: 503) && attempt.delay == 40)
        #expect(attempt.retryAfter == "1" && attempt.refusedBy?.known == .capacity)
        #expect(attempt.faults == [0, 2] && attempt.shadowed == [1])
        #expect(written(event) == text + "\n")
    }

    @Test(
        "What a later version writes stays readable, and is written again as it was",
        arguments: [
            #"{"t":-1,"r":0,"e":"hedged","x":{"y":[1, 2]},"s":1}"#,
            #"{"t":1,"r":0,"e":"cancel","a":1,"\"":null}"#,
            #"{"t":1,"r":0,"e":"failure","a":1,"k":"melted"}"#,
            #"{"t":1,"r":0,"e":"end","o":"ok","s":201,"by":"weather"}"#,
        ])
    func later(text: String) throws {
        #expect(written(try event(text)) == text + "\n")
    }

    @Test("An unknown kind, an unknown field and an unknown word are known as such")
    func unknown() throws {
        let kind = try event(#"{"t":1,"r":0,"e":"hedged","s":1}"#)
        #expect(kind.content == .unknown(kind: "hedged"))
        #expect(kind.unknownFields == [.init(key: "s", json: "1")])
        let word = try event(#"{"t":1,"r":0,"e":"give_up","why":"bored"}"#)
        guard case .giveUp(let giveUp) = word.content else {
            Issue.record("\(word)")
            return
        }
        #expect(giveUp.reason.known == nil && giveUp.reason.text == "bored")
    }

    @Test(
        "What is no event is an error that says what is wrong",
        arguments: [
            ("", TraceLineError.notAnObject), ("7", .notAnObject), ("{\"t\":1", .notAnObject),
            ("{}", .missing("t")), (#"{"t":1,"e":"end"}"#, .missing("r")),
            (#"{"t":1,"r":1}"#, .missing("e")), (#"{"t":"1"}"#, .wrong("t", .integer)),
            (#"{"t":99999999999999999999}"#, .wrong("t", .integer)),
            (#"{"t":1,"c":4294967296}"#, .wrong("c", .integer)),
            (#"{"t":1,"r":-1}"#, .wrong("r", .integer)), (#"{"t":1,"t":2}"#, .repeated("t")),
            (#"{"t":1,"\u0074":2}"#, .repeated("t")), (#"{"\ud800":1}"#, .notAnObject),
            (#"{"t":1,"r":1,"e":7}"#, .wrong("e", .text)),
            (#"{"t":1,"r":1,"e":"attempt","a":1}"#, .missing("s")),
            (#"{"t":1,"r":1,"e":"attempt","a":1,"s":200,"k":"hang"}"#, .contradiction("s", "k")),
            (#"{"trace":1,"version":"0.1.0"}"#, .missing("t")),
        ])
    func malformed(text: String, expected: TraceLineError) {
        let error = #expect(throws: TraceLineError.self) { try event(text) }
        #expect(error == expected)
        #expect(error?.description.isEmpty == false)
    }

    @Test("Bytes that are no text are an error")
    func noText() {
        for bytes in [[0xff], [0x7b, 0xc0, 0x7d], Array("{\"t\":1,\"".utf8) + [0x80]] {
            #expect(throws: TraceLineError.notAnObject) { try TraceEvent(bytes) }
        }
    }

    @Test("A long hostile line is read in time", .timeLimit(.minutes(1)))
    func manyFields() throws {
        let members = (0..<20_000).map { ",\"x\($0)\":\($0)" }.joined()
        let event = try event(#"{"t":1,"r":0,"e":"cancel""# + members + "}")
        #expect(event.unknownFields.count == 20_000)
    }

    // MARK: - The head

    @Test(
        "The head is read whatever the order of the fields",
        arguments: [
            (#"{"t":1,"r":7,"e":"end","o":"ok"}"#, 7, TraceEvent.Kind.end),
            (#"{"t":1,"c":3,"r":7,"e":"wait"}"#, 7, .wait),
            (#"{"t":-5,"r":17,"e":"give_up" broken"#, 17, .giveUp),
            (#"{"e":"end","t":1,"r":7}"#, 7, .end), (#"{"t":1, "r":7,"e":"end"}"#, 7, .end),
            (#"{"t":1,"r":7,"e":"\u0065nd"}"#, 7, .end), (#"{"t":1,"r":7,"e":"new"}"#, 7, nil),
        ] as [(String, UInt64, TraceEvent.Kind?)])
    func head(text: String, request: UInt64, kind: TraceEvent.Kind?) throws {
        let head = try #require(TraceEvent.Head(Array(text.utf8)))
        #expect(head.request == request && head.kind == kind)
    }

    @Test(
        "A line without an instant, a request or a kind has no head",
        arguments: [
            "", "{", "{\"t\":", "{\"t\":1", #"{"t":1,"r":"#, #"{"t":1,"r":7,"e":"#,
            #"{"t":1,"r":7,"e":"end"#, #"{"t":1,"e":"end"}"#, #"{"r":7,"e":"end"}"#,
            #"{"t":1e999,"r":7,"e":"end"}"#,
        ])
    func noHead(text: String) { #expect(TraceEvent.Head(Array(text.utf8)) == nil) }

    // MARK: - Differences

    private func fields(_ left: String?, _ right: String?) -> [TraceDiff.FieldDifference] {
        TraceDiff.Difference(
            line: 2, left: left, right: right, leftHeader: [], rightHeader: []
        ).fields
    }

    @Test("The fields in which two lines differ are named with both values")
    func differences() {
        #expect(
            fields(
                #"{"t":1,"r":7,"e":"end","o":"ok","s":201}"#,
                #"{"t":2,"r":7,"e":"end","o":"ok","by":"client"}"#)
                == [
                    .init(key: "t", left: "1", right: "2"),
                    .init(key: "s", left: "201", right: nil),
                    .init(key: "by", left: nil, right: "\"client\""),
                ])
    }

    @Test("Of events of two kinds only the fields that every event has are compared")
    func kindsDiffer() {
        #expect(
            fields(
                #"{"t":1,"r":7,"e":"answer","a":1,"s":201}"#,
                #"{"t":1,"c":1,"r":7,"e":"end","o":"ok"}"#)
                == [
                    .init(key: "e", left: "\"answer\"", right: "\"end\""),
                    .init(key: "c", left: nil, right: "1"),
                ])
        #expect(fields("{", "{}").isEmpty && fields(nil, "{}").isEmpty)
    }
}
