import Foundation
import HTTPTypes
import Testing
import Trace
import Upstream

@testable import Flight

/// Served requests are written to the trace like flown ones.
@Suite struct ServedTraceTests {
    private let folder: String
    private var path: String { folder + "/trace.jsonl.gz" }

    init() throws {
        folder = FileManager.default.temporaryDirectory.appending(
            path: "served-\(UUID().uuidString)"
        ).path(percentEncoded: false)
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true)
    }

    private func flight(_ trace: TraceMode) throws -> ServedFlight {
        try ServedFlight(
            try scenario("duration: 60s\nload: [ { rate: 1/s, path: /a } ]"),
            ServedOptions(seed: 7, version: "test", trace: trace, tracePath: path))
    }

    private func serve(_ trace: TraceMode) throws -> FlightResult {
        let flight = try flight(trace)
        let secret: HTTPFields = [.authorization: "Bearer s3cr3t-key", .cookie: "id=s3cr3t-jar"]
        let one = ServedArrival(
            method: .get, target: "/a/s3cr3t-key?key=s3cr3t-query", headerFields: secret,
            body: Array("s3cr3t-body".utf8))
        let first = flight.log.arrived(one, at: 0) { _ in .answer(503) }
        flight.log.ended(first.ticket, .delivered, at: 10 * ms)
        let second = flight.log.arrived(one, at: 110 * ms) { request in
            #expect(request.attempt == 2 && request.request == 1_000_000_000_000)
            return .answer(200)
        }
        flight.log.ended(second.ticket, .delivered, at: 120 * ms)
        let two = ServedArrival(method: .post, target: "/b")
        let third = flight.log.arrived(two, at: 200 * ms) { _ in .hang }
        flight.log.ended(third.ticket, .clientGone, at: 300 * ms)
        return try flight.finish(at: 5_000 * ms)
    }

    private func lines() throws -> [String] {
        var reader = try TraceReader(path: path)
        var lines: [String] = []
        while let line = try reader.next() { lines.append(String(decoding: line, as: UTF8.self)) }
        return lines
    }

    @Test func itHoldsWhatCameWhatWasDecidedAndHowItEnded() throws {
        let result = try serve(.full)
        let lines = try lines()
        let number = "\"r\":1000000000000"
        #expect(lines[0].hasPrefix(#"{"trace":1,"version":"test","seed":"7","mode":"serve","#))
        #expect(
            Array(lines[1...]) == [
                #"{"t":0,\#(number),"e":"request","m":"GET","p":"/a/***"}"#,
                #"{"t":0,\#(number),"e":"attempt","a":1,"s":503,"d":10000000}"#,
                #"{"t":10000000,\#(number),"e":"answer","a":1,"s":503}"#,
                #"{"t":110000000,\#(number),"e":"attempt","a":2,"known_by":"content","s":200,"d":10000000}"#,
                #"{"t":120000000,\#(number),"e":"answer","a":2,"s":200}"#,
                #"{"t":120000000,\#(number),"e":"end","o":"ok"}"#,
                #"{"t":200000000,"r":1000000000001,"e":"request","m":"POST","p":"/b"}"#,
                #"{"t":200000000,"r":1000000000001,"e":"attempt","a":1,"k":"hang"}"#,
                #"{"t":300000000,"r":1000000000001,"e":"failure","a":1,"k":"client_gone"}"#,
                #"{"t":5000000000,"r":1000000000001,"e":"end","o":"API_TIMEOUT"}"#,
                #"{"end":1,"lines":10,"digest":"\#(result.digest)","requests":2,"ended_at":5000000000,"interrupted":0}"#,
            ])
        #expect(try TraceVerifier.verify(path) == .whole(digest: result.digest, lines: 10))
    }

    @Test func credentialsQueriesAndBodiesStandNowhere() throws {
        _ = try serve(.full)
        #expect(try !lines().joined().contains("s3cr3t"))
    }

    @Test func aTraceOfFailuresHoldsThoseOnly() throws {
        _ = try serve(.failures)
        let lines = try lines()
        #expect(lines.count == 6 && lines[1].contains(#""p":"/b""#))
    }
}
