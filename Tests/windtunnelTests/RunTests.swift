import Testing

/// The effects that the options of `run` must and must not have.
@Suite struct RunTests {
    @Test("How much a trace keeps changes nothing else")
    func traceModes() throws {
        let folder = try Folder(["a.yaml": Scenarios.failing])
        var digests: [String] = []
        for mode in ["full", "failures", "off"] {
            let ending = try folder.windtunnel(
                "run", "a.yaml", "--trace", mode, "--json", "--out", mode
            )
            .exits(4)
            digests += try ending.digests()
        }
        #expect(digests.count == 3 && Set(digests).count == 1)
        let name = "a/simulated/42/trace.jsonl.gz"
        #expect(!folder.has("off/" + name))
        #expect(folder.has("off/a/simulated/42/summary.json"))
        #expect(folder.size(of: "failures/" + name) < folder.size(of: "full/" + name))
        let kept = try folder.windtunnel("trace", "verify", "failures/" + name).exits(0).output
        #expect(kept.contains(": whole, a selection of ") && kept.contains(digests[0]))
        let all = try folder.windtunnel("trace", "verify", "full/" + name).exits(0).output
        #expect(all.hasPrefix("full/\(name): whole, ") && all.contains(digests[0]))
    }

    @Test(
        "The check for determinism flies twice, leaves one trace, and passes",
        arguments: ["full", "failures", "off"])
    func checkDeterminism(mode: String) throws {
        let folder = try Folder(["a.yaml": Scenarios.noisy])
        let once = try folder.windtunnel("run", "a.yaml", "--json", "--out", "once").exits(0)
        let ending = try folder.windtunnel(
            "run", "a.yaml", "--check-determinism", "--trace", mode, "--json"
        ).exits(0)
        #expect(try ending.digests() == once.digests())
        let kept = folder.files.filter { $0.hasPrefix("reports/") && $0.hasSuffix(".gz") }
        #expect(kept == (mode == "off" ? [] : ["reports/a/simulated/42/trace.jsonl.gz"]))
    }

    @Test("A hundred flights of a hot process are those of fresh ones, and need no more memory")
    func aHotProcess() throws {
        let folder = try Folder(["a.yaml": Scenarios.noisy])
        let fresh = try folder.windtunnel(
            "run", "a.yaml", "--json", "--trace", "off", "--duration", "10s"
        ).exits(0)
        func hot(_ times: Int) throws -> Int {
            let ending = try folder.windtunnel(
                "run", "a.yaml", "--check-determinism", "--times", "\(times)", "--json",
                "--trace", "off", "--duration", "10s"
            ).exits(0)
            #expect(try ending.digests() == fresh.digests())
            return ending.status.memoryPeak
        }
        // Ten flights fill what is kept for reuse; ninety more may add nothing but noise of the heap.
        #expect(try hot(100) < hot(10) + 2 << 20)
    }

    @Test("Another seed is another flight; the scenario's seed is the default")
    func seeds() throws {
        let folder = try Folder([
            "a.yaml": Scenarios.noisy.replacing("duration", with: "seed: 7\nduration")
        ])
        func digest(_ arguments: String...) throws -> String {
            let call = ["run", "a.yaml", "--json", "--trace", "off"] + arguments
            return try #require(try Windtunnel(call, in: folder).exits(0).digests().first)
        }
        let own = try digest()
        #expect(try digest("--seed", "7") == own)
        #expect(try digest("--set", "seed=7") == own)
        #expect(try digest("--seed", "8") != own)
        #expect(try digest("--seed", "18446744073709551615") != own)
    }

    @Test("What comes of many seeds does not depend on how many cores there are")
    func seedsOnOneCore() throws {
        let folder = try Folder(["a.yaml": Scenarios.noisy])
        let arguments = ["run", "a.yaml", "--seeds", "1..12", "--json", "--trace", "off"]
        let core = try Windtunnel(
            program: "/bin/sh",
            ["-c", "taskset -pc $$ | sed 's/.*: //; s/[-,].*//'"], in: folder
        ).exits(0).output.split(whereSeparator: \.isWhitespace).first
        // Elsewhere than on Linux there is nothing to pin a process by.
        guard let core else { return }
        func document(_ ending: Ending) -> String {
            ending.output.replacing(/"wall_seconds"\s*:\s*[0-9.eE+-]+/, with: "")
        }
        let everywhere = try Windtunnel(arguments, in: folder).exits(0)
        let pinned = try Windtunnel(
            program: "taskset", ["-c", String(core), Binary.path] + arguments, in: folder
        ).exits(0)
        #expect(try everywhere.digests().count == 12)
        #expect(try everywhere.digests() == pinned.digests())
        #expect(document(everywhere) == document(pinned))
    }

    @Test("A few seeds are judged one by one, each as if it flew alone")
    func fewSeeds() throws {
        let folder = try Folder(["a.yaml": Scenarios.noisy])
        let ending = try folder.windtunnel("run", "a.yaml", "--seeds", "1..3", "--json").exits(0)
        let flights = try ending.flights()
        #expect(flights.map { $0["seed"] as? Int } == [1, 2, 3])
        #expect(try Set(ending.digests()).count == 3)
        for flight in flights {
            #expect((flight["expectations"] as? [[String: Any]])?.count == 1)
        }
        #expect(try ending.document()["series"] == nil)
        let alone = try folder.windtunnel("run", "a.yaml", "--seed", "2", "--json").exits(0)
        #expect(try alone.digests() == [ending.digests()[1]])
    }

    @Test("Ten seeds are judged together, by the interval of their values")
    func manySeeds() throws {
        let text = Scenarios.noisy.replacing(
            "expect: [retry.success_rate >= 50%]",
            with:
                "expect: [retry.success_rate >= 50%, latency.p95 <= 1ms, requests >= 1000, attempts > 1]"
        )
        let folder = try Folder(["a.yaml": text, "b.yaml": Scenarios.passing])
        let arguments = ["run", "a.yaml", "b.yaml", "--seeds", "1..10"]
        let ending = try Windtunnel(arguments + ["--json"], in: folder).exits(4)
        let flights = try ending.flights()
        #expect(flights.count == 20)
        for flight in flights {
            #expect((flight["expectations"] as? [Any])?.isEmpty == true)
            #expect(flight["verdict"] as? String == "inconclusive")
            #expect(flight["judged"] as? Bool == false)
        }
        let series = try #require(ending.document()["series"] as? [[String: Any]])
        #expect(series.map { $0["verdict"] as? String } == ["failed", "passed"])
        #expect(series.map { $0["seeds"] as? [Int] } == [Array(1...10), Array(1...10)])
        let judged = try #require(series.first?["expectations"] as? [[String: Any]])
        #expect(
            judged.map { $0["verdict"] as? String } == [
                "passed", "failed", "inconclusive", "passed",
            ])
        for one in judged {
            let (low, high) = (one["low"] as? Double, one["high"] as? Double)
            #expect(try #require(low) <= #require(one["observed"] as? Double))
            #expect(try #require(low) <= #require(high))
        }
        // A summary says no more of one of them than the document does.
        let summary = try folder.document("reports/a/simulated/3/summary.json")
        let scenario = try #require(summary["scenario"] as? [String: Any])
        #expect((scenario["expectations"] as? [Any])?.isEmpty == true)
        let table = try Windtunnel(arguments, in: folder).exits(4).output
        #expect(table.contains("1 passed, 1 failed, 0 inconclusive; "))
        #expect(table.contains("Noisy, 10 seeds together: failed"))
        #expect(table.contains("a.yaml:9: latency.p95 <= 1ms: failed, observed "))
        #expect(table.contains(", 95 % interval "))
        #expect(table.contains("the interval of the seeds straddles the limit"))
    }

    @Test("A failure names the line, the figure and the requests, and what to type next works")
    func failureTells() throws {
        // A name that a shell would take apart.
        let folder = try Folder(["my tests/a 'b'.yaml": Scenarios.failing])
        let ending = try folder.windtunnel("run", "my tests").exits(4)
        let lines = ending.output.split(separator: "\n").map {
            $0.trimmingPrefix(while: \.isWhitespace)
        }
        let place = try #require(lines.firstIndex { $0.hasPrefix("my tests/a 'b'.yaml:9: ") })
        #expect(
            lines[place].contains(
                /^.*:9: success_rate >= 99%: failed, observed [67][0-9]\.[0-9]+ % \(2 000 samples\)$/
            ))
        let ids = try #require(
            lines[place + 1].wholeMatch(of: /requests that broke it: ([0-9, ]+)/))
        let first = try #require(ids.output.1.split(separator: ",").first)

        let command = String(lines[place + 2])
        #expect(command.contains(" trace show ") && command.hasSuffix(" --request \(first)"))
        let story = try Windtunnel(program: "sh", ["-c", command], in: folder).exits(0).output
        #expect(story.hasPrefix("request \(first), seed 42, simulated\n"))
        #expect(story.contains("GET /v1/users/"))
        #expect(story.contains("the upstream decides: 503"))
        #expect(story.contains("because of fault 1 (status 503)"))
        #expect(story.contains("is answered: 503"))
    }

    @Test("What to type next also works where the trace keeps failures only")
    func failureTellsOfSelection() throws {
        let folder = try Folder(["a.yaml": Scenarios.failing])
        let ending = try folder.windtunnel("run", "a.yaml", "--trace", "failures").exits(4)
        let command = try #require(
            ending.output.split(separator: "\n").first { $0.contains(" trace show ") })
        #expect(
            ending.output.contains("(if this request did not fail, fly with --trace full first)"))
        let story = try Windtunnel(program: "sh", ["-c", String(command)], in: folder).exits(0)
        #expect(story.output.contains("is answered: 503"))
    }

    @Test("Too few samples are told as such, with what would be enough")
    func inconclusiveTells() throws {
        let folder = try Folder(["a.yaml": Scenarios.inconclusive])
        let output = try folder.windtunnel("run", "a.yaml").exits(5).output
        #expect(output.contains("a.yaml:7: success_rate >= 99%: inconclusive, observed 100 %"))
        #expect(output.contains("20 samples; at least 384 are needed"))
        #expect(output.contains("0 passed, 0 failed, 1 inconclusive; "))
    }

    @Test("What no flight put to the test is listed")
    func neverExercised() throws {
        let folder = try Folder(["a.yaml": Scenarios.passing])
        let output = try folder.windtunnel("run", "a.yaml").exits(0).output
        let line = try #require(output.split(separator: "\n").last)
        #expect(line.hasPrefix("1 passed, 0 failed, 0 inconclusive; invariants checked "))
        #expect(line.contains("; never exercised: ") && line.contains("one probe at a time"))
        #expect(!line.contains("every request ends exactly once"))
    }
}
