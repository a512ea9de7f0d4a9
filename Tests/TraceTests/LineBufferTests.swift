import Foundation
import Testing

@testable import Trace

@Suite struct LineBufferTests {
    private func text(_ buffer: borrowing LineBuffer) -> String {
        String(decoding: buffer.bytes, as: UTF8.self)
    }

    @Test func aLineHoldsItsMembersInTheOrderInWhichTheyWereWritten() {
        let word: StaticString = "GET"
        var buffer = LineBuffer(capacity: 1)
        buffer.begin(173)
        buffer.field("e", "answer" as StaticString)
        buffer.field("m", word)
        buffer.field("a", 1)
        buffer.field("yes", true)
        buffer.field("no", false)
        buffer.field("u", UInt64.max)
        buffer.raw("j", json: "[1,\n2]")
        buffer.openArray("f")
        for index in [0, 12, 3] { buffer.element(index) }
        buffer.closeArray()
        buffer.openArray("g")
        buffer.closeArray()
        buffer.end()
        #expect(
            text(buffer) == """
                {"t":173,"e":"answer","m":"GET","a":1,"yes":true,"no":false,\
                "u":18446744073709551615,"j":[1, 2],"f":[0,12,3],"g":[]}

                """)
        #expect(buffer.lineCount == 1)
    }

    /// Numbers of every length, and those around each power of ten and of two.
    static let numbers: [Int64] = {
        var found: [Int64] = [.min, .min + 1, .max, .max - 1, 0]
        var power: Int64 = 1
        for _ in 0..<19 {
            found += [power - 1, power, power + 1, -power, 7 &* power]
            power = power.multipliedReportingOverflow(by: 10).partialValue
        }
        for shift in 0..<63 { found += [1 << shift, (1 << shift) - 1, -(1 << shift)] }
        return found
    }()

    @Test(arguments: numbers) func aNumberIsWrittenAsItsDecimalDigits(number: Int64) {
        var buffer = LineBuffer(capacity: 1)
        buffer.begin(number)
        buffer.field("e", "x" as StaticString)
        buffer.field("n", number)
        buffer.field("u", number.magnitude)
        buffer.end()
        let expected = "{\"t\":\(number),\"e\":\"x\",\"n\":\(number),\"u\":\(number.magnitude)}\n"
        #expect(text(buffer) == expected)
    }

    @Test func unsignedNumbersAreWrittenInFull() {
        let numbers: [UInt64] = [
            .max, .max - 1, 10_000_000_000_000_000_000, 9_999_999_999_999_999_999,
        ]
        for number in numbers {
            var buffer = LineBuffer(capacity: 1)
            buffer.field("n", number)
            #expect(text(buffer) == ",\"n\":\(number)")
        }
    }

    /// A text of any length, described by its beginning.
    struct Text: Sendable, ExpressibleByStringLiteral, CustomTestStringConvertible {
        let text: String
        var testDescription: String { "\(text.count): \(text.prefix(20).debugDescription)" }

        init(_ text: String) { self.text = text }
        init(stringLiteral text: String) { self.text = text }
    }

    static let strings: [Text] = [
        "", "plain", "\"quoted\"", "back\\slash", "a/b", "\u{7f}\u{80}\u{2028}", "\u{1f600} \u{e9}",
        Text(String(String.UnicodeScalarView((0..<0x20).map { UnicodeScalar($0) }))),
        Text(String(repeating: "\u{1}", count: 5_000)),
        Text(String(repeating: "\u{65e5}\"", count: 9_000)),
    ]

    @Test(arguments: strings) func anotherParserReadsTheStringThatWasWritten(_ each: Text) throws {
        let value = each.text
        var buffer = LineBuffer(capacity: 1)
        buffer.begin(1)
        buffer.field("e", "x" as StaticString)
        buffer.field("s", value)
        buffer.end()
        let line = buffer.bytes
        #expect(!line.dropLast().contains { $0 < 0x20 })
        let object = try JSONSerialization.jsonObject(with: Data(line)) as? [String: Any]
        #expect((object?["s"] as? String).map { Array($0.utf8) } == Array(value.utf8))
        // This module's own parser reads the same value.
        #expect(JSONMembers(line)?.string("s").map { Array($0.utf8) } == Array(value.utf8))
    }

    @Test func aBufferThatGrowsKeepsWhatItHolds() {
        var small = LineBuffer(capacity: 1)
        var large = LineBuffer(capacity: 1_000_000)
        for number in 0..<2_000 {
            small.addRequest(number)
            large.addRequest(number)
        }
        #expect(small.bytes == large.bytes)
        #expect(small.lineCount == 8_000)
    }

    @Test func aFullBufferSaysSoBeforeItGrows() {
        var buffer = LineBuffer()
        while !buffer.isFull { buffer.addRequest(1) }
        #expect(buffer.count <= LineBuffer.chunkCapacity)
        #expect(buffer.capacity == LineBuffer.chunkCapacity)
    }

    @Test func theLastLineAndAWholeBufferCanBeCopied() {
        var stream = LineBuffer(capacity: 1)
        var request = LineBuffer(capacity: 1)
        request.append(lastLineOf: stream)
        #expect(request.count == 0)
        for t in [1, 2, 3] as [Int64] {
            stream.begin(t)
            stream.field("e", "x" as StaticString)
            stream.end()
            if t != 2 { request.append(lastLineOf: stream) }
        }
        request.append(stream)
        let first = "{\"t\":1,\"e\":\"x\"}\n"
        let second = "{\"t\":2,\"e\":\"x\"}\n"
        let third = "{\"t\":3,\"e\":\"x\"}\n"
        #expect(text(request) == first + third + first + second + third)
        #expect(request.lineCount == 5)
        request.removeAll()
        #expect(request.count == 0 && request.lineCount == 0)
    }
}
