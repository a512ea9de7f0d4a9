import APIClient
import ScenarioFile
import Testing
import Upstream

@testable import Flight

/// The checker of caches and single flights with events from the test.
@Suite struct CacheCheckerTests {
    private static func rig(_ loads: [CheckedLoad]) -> CheckerRig {
        CheckerRig(
            CacheChecker(CheckerRig.policy(), loads, clients: 1, sharesCache: false))
    }

    private let rig: CheckerRig

    init() throws {
        rig = Self.rig([
            try CheckerRig.load(cached: true), try CheckerRig.load(method: "PUT"),
        ])
    }

    /// The upstream answers a request with a cacheable answer.
    private func answer(_ rig: CheckerRig, load: Int = 0, at instant: Int64) {
        let request = rig.arrive(7, load: load, at: instant)
        rig.end(rig.send(request, 1, at: instant), request, at: instant)
    }

    private func cached(
        _ event: CacheEvent, _ number: UInt64 = 1, load: Int = 0, at now: Int64,
        arrival: Int64 = 0
    ) { rig.tell(.cache(event), rig.arrive(number, load: load, at: arrival), at: now) }

    /// A client that does not report its cache returns an answer that it did not fetch.
    private func given(_ number: UInt64, at now: Int64) {
        rig.tell(
            .ended(.answer(status: 200, isValid: true, source: .cache)), rig.arrive(number), at: now
        )
    }

    @Test func `an answer from nowhere, or one that is too old, is found`() {
        given(1, at: 0)
        #expect(rig.examples(.answersNotShared) == ["an answer from nowhere"])
        answer(rig, at: 0)
        given(2, at: 300 * second - 1)
        #expect(rig.violations(.noStaleAnswer) == 0 && rig.checked(.noStaleAnswer) == 1)
        given(3, at: 300 * second)
        #expect(
            rig.examples(.noStaleAnswer) == [
                "an answer 300000000000 ns old passed for fresh; the policy allows 300000000000"
            ])
        #expect(rig.violations(.answersNotShared) == 1 && rig.checked(.answersNotShared) == 3)
    }

    /// No answer with the reported age was ever given, so an age that is too low is found.
    @Test func `the age of an answer is that of one that was given`() {
        for instant in 1...5 as ClosedRange<Int64> { answer(rig, at: instant * second) }
        for age in [0, 3, 4] as [Int64] { cached(.hit(age: age * second), at: 5 * second) }
        #expect(rig.checked(.answersNotShared) == 3 && rig.violations(.answersNotShared) == 0)
        cached(.hit(age: 1), at: 5 * second)
        #expect(rig.violations(.answersNotShared) == 1)
    }

    @Test func `an answer that was given to another caller is found`() throws {
        let tenants = try ["a", "b"].map { [Field(name: "X-Tenant", value: $0)] }.map {
            Load(name: "a", rate: .steady(.perSecond(1)), path: "/a", headers: $0)
        }.map { try LoadSchedule($0, at: 0, seed: 1, end: second, clients: 1) }
        let rig = Self.rig(CheckedLoad.all(tenants, hasCache: true))
        answer(rig, load: 0, at: 0)
        rig.tell(.cache(.hit(age: 5)), rig.arrive(1, load: 0), at: 5)
        rig.tell(.cache(.followed), rig.arrive(1, load: 0), at: 0)
        #expect(rig.violations(.answersNotShared) == 0)
        rig.tell(.cache(.hit(age: 5)), rig.arrive(2, load: 1), at: 5)
        rig.tell(
            .ended(.answer(status: 200, isValid: true, source: .cache)), rig.arrive(3, load: 1),
            at: 5)
        rig.tell(.cache(.followed), rig.arrive(4, load: 1), at: 0)
        let text = "an answer that was given to another caller"
        #expect(rig.examples(.answersNotShared) == [text, text, text])
    }

    @Test func `a marked fallback has a time, too`() {
        answer(rig, at: 0)
        let limit = (300 + 3_600) * second
        cached(.staleServed(age: limit - 1), at: limit - 1)
        #expect(rig.violations(.fallbackInBounds) == 0 && rig.checked(.fallbackInBounds) == 1)
        cached(.staleServed(age: limit), at: limit)
        #expect(rig.violations(.fallbackInBounds) == 1 && rig.checked(.noStaleAnswer) == 0)
    }

    @Test func `an error is shared but not kept`() {
        let request = rig.arrive(0)
        rig.end(rig.send(request, 1, at: 0, .status(404)), request, at: 1)
        cached(.followed, 1, at: 1)
        #expect(rig.violations(.answersNotShared) == 0)
        given(2, at: 2)
        #expect(rig.violations(.answersNotShared) == 1)
    }

    @Test func `two requests do not fetch one resource at a time`() {
        let first = rig.arrive(0)
        rig.end(
            rig.send(first, 1, at: 0, .status(503)), first, .failure(.timedOut), at: 1)
        rig.send(first, 2, at: 2)
        #expect(rig.violations(.oneUpstreamCall) == 0)
        rig.send(rig.arrive(1), 1, at: 3)
        #expect(rig.violations(.oneUpstreamCall) == 1 && rig.checked(.oneUpstreamCall) == 3)
    }

    @Test func `several attempts of one request are one call`() {
        let request = rig.arrive(0)
        let first = rig.send(request, 1, at: 0, slot: 3)
        let second = rig.send(request, 2, at: 1, slot: 4)
        #expect(rig.violations(.oneUpstreamCall) == 0)
        rig.end(first, request, .failure(.cancelled), at: 2)
        rig.send(rig.arrive(1), 1, at: 3, slot: 5)
        #expect(rig.violations(.oneUpstreamCall) == 1)
        rig.end(second, request, at: 4)
    }

    /// After a write, a new call may run beside the old one; the end of the old one does not end the new one.
    @Test func `a write parts the calls of a path`() {
        let old = rig.arrive(0)
        let outdated = rig.send(old, 1, at: 0, .status(503), slot: 10)
        let write = rig.arrive(5, load: 1, at: 1)
        rig.end(rig.send(write, 1, at: 1, slot: 11), write, at: 1)
        let new = rig.arrive(1, at: 2)
        rig.send(new, 1, at: 2, slot: 12)
        rig.end(outdated, old, .failure(.timedOut), at: 3)
        rig.end(rig.send(old, 2, at: 4, slot: 10), old, at: 5)
        #expect(rig.violations(.oneUpstreamCall) == 0)
        rig.send(rig.arrive(2, at: 6), 1, at: 6, slot: 13)
        #expect(rig.violations(.oneUpstreamCall) == 1)
    }
}
