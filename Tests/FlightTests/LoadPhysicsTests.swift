import KeyedChance
import ScenarioFile
import Testing
import Upstream

@testable import Flight

/// Loads in whole flights, compared with closed forms. For the rate of false alarms see `Bounds`.
@Suite struct LoadPhysicsTests {
    private static let calm = "max_retries: 0, enable_circuit_breaker: false"

    private func flown(
        _ load: Load, _ configuration: UpstreamConfiguration, duration: Int64, clients: UInt32 = 1,
        seed: UInt64 = 42
    ) throws -> (WatchedUpstream, FlightResult) {
        var plan = try scenario(
            "duration: 10s\nload: [ { rate: 1/s, path: /a } ]", client: Self.calm)
        plan.duration = duration
        plan.loads = [load]
        plan.upstream = configuration
        plan.fleet.count = clients
        let upstream = WatchedUpstream(configuration, seed: seed)
        let result = try FlightRun.fly(
            plan, FlightOptions(seed: seed, version: "test"), upstream: upstream)
        #expect(result.violated == [])
        return (upstream, result)
    }

    private func closed(_ users: UInt32, think: Distribution) -> Load {
        Load(name: "a", rate: .closed(users: users, think: think), path: "/a", useCache: false)
    }

    /// The sends of each user: user u makes requests u, u + users, u + 2 users...
    private func byUser(_ upstream: WatchedUpstream, _ users: UInt32) -> [[WatchedUpstream.Send]] {
        var groups = Array(repeating: [WatchedUpstream.Send](), count: Int(users))
        for send in upstream.sends {
            groups[Int(send.request.request % UInt64(users))].append(send)
        }
        return groups
    }

    // MARK: Closed loads

    /// Users with exponential think times share one server with exponential service times: the machine repair
    /// model. With r mean services per think time, n users are at the server with weight users! / (users - n)!
    /// / r^n, and it is idle with probability p0. So it completes 1 - p0 requests per mean service time.
    @Test(arguments: [1, 3, 8] as [UInt32]) func usersAtOneServerAreMachinesInRepair(users: UInt32)
        throws
    {
        let (service, think) = (10 * ms, 40 * ms)
        let duration = 32 * second
        let (upstream, result) = try flown(
            closed(users, think: .exponential(mean: think)),
            UpstreamConfiguration(
                capacity: Capacity(servers: 1, queue: 100, service: .exponential(mean: service))),
            duration: duration)
        var weights = [1.0]
        for present in 0..<Int(users) {
            weights.append(
                weights[present] * Double(Int(users) - present) * Double(service) / Double(think))
        }
        let busy = 1 - 1 / weights.reduce(0, +)
        let expected = busy * Double(second) / Double(service)

        var done = [Double](repeating: 0, count: 32)
        for send in upstream.sends where send.end < duration { done[Int(send.end / second)] += 1 }
        let throughput = Bounds.batchMean(done)
        #expect(abs(throughput.mean - expected) <= throughput.bound)
        #expect(throughput.bound < 0.25 * expected)

        // Little's law: users = throughput x (response + think), except for what is cut off at both ends, at
        // most one cycle per user.
        let cycles = byUser(upstream, users).flatMap { sends in
            zip(sends, sends.dropFirst()).map { Double($1.instant - $0.instant) }
        }
        let whole = Double(users) * Double(duration)
        let longest = cycles.max() ?? 0
        let covered = cycles.reduce(0, +)
        #expect(covered <= whole && covered >= whole - 2 * Double(users) * longest)
        let figure = (result.value("throughput") ?? 0) * Double(duration) / Double(second)
        #expect(abs(figure - Double(upstream.sends.count)) <= Double(users))

        // The response time law R = N / X - Z, with the measured R.
        let responses = upstream.sends.map { Double($0.decision.delay) }
        let response = Bounds.batchMean(responses)
        let distribution = Double(users) / (expected / Double(second)) - Double(think)
        #expect(abs(response.mean - distribution) <= response.bound)
    }

    @Test func aUserThinksByTheLawAndNeverAsksTwiceAtOnce() throws {
        let users: UInt32 = 10
        let (upstream, _) = try flown(
            closed(users, think: .exponential(mean: 50 * ms)),
            UpstreamConfiguration(latency: .uniform(from: 0, to: 30 * ms)), duration: 10 * second)
        let groups = byUser(upstream, users)
        #expect(groups.allSatisfy { $0.count > 50 })
        // A think time comes before each user's first request.
        let thoughts = groups.flatMap { sends in
            [Double(sends[0].instant)]
                + zip(sends, sends.dropFirst()).map { Double($1.instant - $0.end) }
        }
        #expect(thoughts.allSatisfy { $0 >= 0 })
        // The last think time of each user is cut off, so short ones are slightly overrepresented: by at most
        // one per user.
        let bias = Double(users) / Double(thoughts.count)
        let largest = Bounds.distance(thoughts) { 1 - ExactMath.exp(-$0 / (50 * Double(ms))) }
        #expect(largest <= Bounds.distance(of: thoughts.count) + bias)
    }

    /// N users without a queue make exactly one request each per R + Z.
    @Test func withFixedTimesTheResponseTimeLawIsExact() throws {
        let (upstream, _) = try flown(
            closed(7, think: .fixed(70 * ms)), UpstreamConfiguration(latency: .fixed(30 * ms)),
            duration: 10 * second)
        // The first think time ends at 70 ms; 100 cycles of 100 ms fit before 10 s.
        #expect(upstream.sends.count == 700)
        for (number, sends) in byUser(upstream, 7).enumerated() {
            let instants = (0..<100).map { (70 + 100 * Int64($0)) * ms }
            #expect(sends.map(\.instant) == instants, "user \(number)")
        }
    }

    // MARK: Fleets

    /// Each request of an open load goes to a client drawn uniformly, so the counts are multinomial (chi-square
    /// with 4 degrees of freedom: 28.47 in one of 100 000).
    @Test func arrivalsAreSplitEvenlyOverTheClients() throws {
        let load = Load(
            name: "a", rate: .steady(.perSecond(200)), arrivals: .poisson, path: "/a",
            useCache: false)
        let (upstream, _) = try flown(
            load, UpstreamConfiguration(latency: .fixed(10 * ms)), duration: 20 * second, clients: 5
        )
        var counts = [Double](repeating: 0, count: 5)
        for send in upstream.sends { counts[Int(send.request.client)] += 1 }
        let mean = Double(upstream.sends.count) / 5
        #expect(upstream.sends.count > 3_700)
        #expect(counts.reduce(0) { $0 + ($1 - mean) * ($1 - mean) / mean } <= 28.47)
        // Consecutive draws are independent: one in five goes to the same client.
        let same = zip(upstream.sends, upstream.sends.dropFirst()).count {
            $0.request.client == $1.request.client
        }
        let pairs = upstream.sends.count - 1
        #expect(abs(Double(same) / Double(pairs) - 0.2) <= Bounds.share(0.2, of: pairs))
    }

    @Test func usersStayWithTheirClient() throws {
        let (upstream, _) = try flown(
            closed(7, think: .exponential(mean: 50 * ms)),
            UpstreamConfiguration(latency: .fixed(5 * ms)), duration: 5 * second, clients: 3)
        var clients: [Int] = []
        for sends in byUser(upstream, 7) {
            let own = Set(sends.map { Int($0.request.client) })
            #expect(sends.count > 20 && own.count == 1)
            clients += own
        }
        // 7 users on 3 clients: 3, 2 and 2.
        let counts = (0..<3).map { client in clients.count { $0 == client } }
        #expect(counts.sorted() == [2, 2, 3])
    }

    // MARK: Ramps

    /// From 20 to 180 per second in 30 s: 3 000 arrivals; tenth k has 84 + 48 k by the integral. Poisson counts
    /// are independent (chi-square with 10 degrees of freedom: 41.30 in one of 100 000); constant ones differ
    /// by at most one.
    @Test(arguments: [Load.Arrivals.poisson, .constant])
    func aRampsTenthsFollowItsIntegral(arrivals: Load.Arrivals) throws {
        let load = Load(
            name: "a", rate: .ramp(from: .perSecond(20), to: .perSecond(180)), arrivals: arrivals,
            duration: 30 * second, path: "/a", useCache: false)
        let (upstream, _) = try flown(
            load, UpstreamConfiguration(latency: .fixed(ms)), duration: 30 * second)
        var counts = [Double](repeating: 0, count: 10)
        for send in upstream.sends { counts[Int(send.instant / (3 * second))] += 1 }
        let expected = (0..<10).map { 84 + 48 * Double($0) }
        if arrivals == .constant {
            #expect(zip(counts, expected).allSatisfy { abs($0 - $1) <= 1 })
        } else {
            let sum = zip(counts, expected).reduce(0) { sum, item in
                sum + (item.0 - item.1) * (item.0 - item.1) / item.1
            }
            #expect(sum <= 41.30)
        }
    }
}
