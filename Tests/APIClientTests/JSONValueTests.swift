import APIClient
import Testing

@Suite(.timeLimit(.minutes(1))) struct JSONValueTests {
    private func parse(_ text: String) throws -> JSONValue {
        try JSONValue(parsing: Array(text.utf8))
    }

    @Test(
        "A value is read as what it is",
        arguments: [
            ("null", .null), (" true\r\n\t", .bool(true)), ("false", .bool(false)),
            ("[ ]", []), ("{ }", [:]),
            (#"[1, "a", [null], {"b": false}]"#, [1, "a", [nil], ["b": false]]),
            (#"{ "a" : { "b" : [ 1 , 2 ] } , "c" : "" }"#, ["a": ["b": [1, 2]], "c": ""]),
            ("\u{feff}1", 1),
        ] as [(String, JSONValue)])
    func value(text: String, value: JSONValue) throws {
        #expect(try parse(text) == value)
    }

    @Test(
        "A whole number that fits is an integer, every other number is not",
        arguments: [
            ("0", .integer(0)), ("-0", .integer(0)), ("-0.0", .integer(0)), ("1.0", .integer(1)),
            ("1e3", .integer(1_000)), ("100E-2", .integer(1)), ("1e-400", .integer(0)),
            ("9223372036854775807", .integer(.max)), ("-9223372036854775808", .integer(.min)),
            ("9223372036854775808", .number(9_223_372_036_854_775_808)), ("1.5", .number(1.5)),
            ("-2.5e-3", .number(-0.0025)), ("1e308", .number(1e308)),
        ] as [(String, JSONValue)])
    func number(text: String, value: JSONValue) throws {
        #expect(try parse(text) == value)
    }

    @Test(
        "A string means what its escapes say",
        arguments: [
            (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{c}\n\r\t"), (#""a\u00E9z""#, "a\u{e9}z"),
            (#""\ud83d\ude00\u0000""#, "\u{1f600}\u{0}"),
            ("\"\u{7f}\u{2028}\u{1f600}\"", "\u{7f}\u{2028}\u{1f600}"),
        ])
    func string(text: String, meaning: String) throws {
        guard case .string(let string) = try parse(text) else {
            Issue.record("\(text) is no string")
            return
        }
        #expect(Array(string.utf8) == Array(meaning.utf8))
    }

    @Test("Of several members with one name the first counts") func sameNames() throws {
        #expect(try parse(#"{"a": null, "\u0061": 2, "a": 3}"#) == ["a": nil])
    }

    @Test(
        "What RFC 8259 does not allow is no JSON, and the error says at which byte",
        arguments: [
            ("", 0), ("  ", 2), ("[1,]", 3), ("[,1]", 1), ("[1", 2), ("[1 2]", 3), ("]", 0),
            (#"{"a":1,}"#, 7), (#"{"a" 1}"#, 5), ("{1:2}", 1), (#"{"a":1 "b":2}"#, 7), ("{", 1),
            ("nul", 0), ("True", 0), ("NaN", 0), ("-Infinity", 1), ("01", 1), ("1.", 2), (".5", 0),
            ("+1", 0), ("- 1", 1), ("1e", 2), ("1e+", 3), ("0x1", 1), ("1e400", 0), ("1\u{0}", 1),
            ("[1]x", 3), ("/**/1", 0), ("'a'", 0), ("\"a", 2), ("\"\n\"", 1), (#""\a""#, 2),
            (#""\u12g4""#, 5), (#""\u""#, 3), (#""\ud83d""#, 7), (#""\ud83d\n""#, 8),
            (#""\ud83dx""#, 7), (#""\udc00\ud800""#, 7), (#""\ud83d\u0041""#, 13),
        ])
    func noJSON(text: String, byte: Int) {
        let error = #expect(throws: DecodingError.self) { try parse(text) }
        guard case .dataCorrupted(let context)? = error else {
            Issue.record("\(String(describing: error)) says nothing about the text")
            return
        }
        #expect(context.debugDescription.hasSuffix("at byte \(byte)"))
    }

    @Test(
        "Text that is not UTF-8 is no JSON",
        arguments: [[0x22, 0xff, 0x22], [0x31, 0x00], [0xff, 0xfe]])
    func encoding(bytes: [UInt8]) {
        #expect(throws: DecodingError.self) { try JSONValue(parsing: bytes) }
    }

    @Test("512 values are read inside each other, 513 are refused", arguments: ["[", #"{"a":"#])
    func depth(opening: String) throws {
        let close = opening == "[" ? "]" : "}"
        func text(_ depth: Int) -> String {
            String(repeating: opening, count: depth - 1) + "[]"
                + String(repeating: close, count: depth - 1)
        }
        #expect(throws: Never.self) { try parse(text(512)) }
        #expect(throws: DecodingError.self) { try parse(text(513)) }
        #expect(throws: DecodingError.self) {
            try parse(String(repeating: opening, count: 1_000_000))
        }
    }

    @Test("A text of 1 MB takes no longer for being nested deep") func deepAndLong() throws {
        let items = String(repeating: #""a","#, count: 250_000) + "0"
        let deep = String(repeating: "[", count: 511) + items + String(repeating: "]", count: 511)
        var value = try parse(deep)
        var depth = 0
        while case .array(let items) = value, let first = items.first {
            depth += 1
            value = first
        }
        #expect(depth == 511)
        #expect(value == "a")
    }
}
