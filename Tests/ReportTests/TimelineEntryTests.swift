import APIClient
import Foundation
import Testing
import Upstream

@testable import Flight
@testable import Report

@Suite struct TimelineEntryTests {
    private struct Document: Encodable {
        let name: String
        let inner: [String: TimelineEntry]
        let trace = "a"
    }

    /// As `JSONReport` encodes.
    private func document(_ name: String, _ timelines: [Timeline]) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let document = Document(name: name, inner: ["timeline": TimelineEntry()])
        let text = String(decoding: try encoder.encode(document), as: UTF8.self)
        return TimelineEntry.filled(text, with: timelines)
    }

    private func example() -> Timeline {
        let second: Int64 = 1_000_000_000
        let flight = FlightTimeline(warmup: second, loads: ["users"], faults: 2)
        flight.ended(load: 0, arrival: 0, .fresh, latency: 40_000_000)
        flight.attemptEnded(load: 0, arrival: 0, .answer(status: 200))
        flight.ended(load: 0, arrival: second, .fresh, latency: 41_512_300)
        flight.ended(load: 0, arrival: second, .timeout, latency: 10 * second)
        flight.attemptEnded(load: 0, arrival: second, .failure(.timedOut))
        flight.count(.retry, load: 0, arrival: second)
        flight.count(TimelineCounter(.retryAfter), load: 0, arrival: second)
        flight.faultWasActive(1, from: second, to: 3 * second)
        flight.wasUnhealthy(from: second, to: 5 * second / 2)
        flight.sample(until: second) { _ in .init(queue: 0, busy: 4) }
        flight.breakerMoved(at: 3 * second / 2, client: 3, from: .open, to: .halfOpen)
        flight.close(at: 3 * second) { _ in .init(queue: 0, busy: 0) }
        return flight.timeline()
    }

    @Test func `a column is a line, in the order of the keys`() throws {
        let series = #"""
                    {
                      "attempts" : {
                        "200" : [1,0,0],
                        "timed_out" : [0,1,0]
                      },
                      "ended" : {
                        "API_TIMEOUT" : [0,1,0],
                        "fresh" : [1,1,0]
                      },
                      "latency_ms" : {
                        "max" : [40,41.513,null],
                        "p50" : [40,41.513,null],
                        "p95" : [40,41.513,null],
                        "p99" : [40,41.513,null]
                      },
                      "latency_rows" : [[1,1],[2,1],[]],
                      "load" : null,
                      "requests" : [1,2,0],
                      "retries" : [0,1,0],
                      "waits" : {
                        "retry_after" : [0,1,0]
                      }
                    }
            """#
        let text = try document("x", [example()])
        #expect(text.contains(series), "\(text)")
        #expect(text.contains(series.replacingOccurrences(of: ": null,", with: #": "users","#)))
        #expect(
            text.hasPrefix(
                #"""
                {
                  "inner" : {
                    "timeline" : {
                      "bin_seconds" : 1,
                      "bins" : 3,
                      "breakers" : {
                        "omitted" : 0,
                        "transitions" : [[1500000000,3,"open","half_open"]]
                      },
                      "flights" : 1,
                      "latency_row_edges_ms" : [0,38.912,40.448,
                """#), "\(text)")
        #expect(text.contains("\n      \"origin_ns\" : 1000000000,\n      \"series\" : [\n"))
        #expect(
            text.hasSuffix(
                #"""
                      ],
                      "upstream" : {
                        "busy" : [4,0,0],
                        "faults" : [[],[1],[1]],
                        "unhealthy_permille" : [0,1000,500]
                      },
                      "warmup_bins" : 1
                    }
                  },
                  "name" : "x",
                  "trace" : "a"
                }
                """#), "\(text)")
    }

    @Test func `the document is JSON, whatever a user's names are`() throws {
        for name in ["\"timeline\" : \"timeline\"", "timeline", "\\\"timeline\" : \"timeline"] {
            let text = try document(name, [example()])
            let object = try JSONSerialization.jsonObject(with: Data(text.utf8))
            let read = try #require(object as? [String: Any])
            #expect(read["name"] as? String == name)
            let timeline = (read["inner"] as? [String: Any])?["timeline"] as? [String: Any]
            #expect(timeline?["bins"] as? Int == 3)
        }
    }

    /// 512 bins, 8 loads and the whole, 12 columns and latencies over a few powers of two.
    @Test func `the largest timelines take about a megabyte`() throws {
        let flight = FlightTimeline(warmup: 0, loads: (0..<8).map { "load\($0)" }, faults: 0)
        var state: UInt64 = 1
        for bin in 0..<512 as Range<Int64> {
            for load in 0..<8 {
                for request in 0..<30 as Range<Int64> {
                    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                    let latency = Int64(20_000_000 + (state >> 33) % 80_000_000)
                    let arrival = bin * 1_000_000_000
                    let ending = request % 10 == 0 ? TimelineEnding.serverError : .fresh
                    flight.ended(load: load, arrival: arrival, ending, latency: latency)
                    flight.attemptEnded(load: load, arrival: arrival, .answer(status: 200))
                    flight.attemptEnded(load: load, arrival: arrival, .failure(.timedOut))
                }
            }
        }
        let text = try document("x", [flight.timeline()])
        #expect(text.utf8.count < 1_000_000, "\(text.utf8.count) bytes")
    }
}
