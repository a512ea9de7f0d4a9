import KeyedChance
import Upstream

/// The keys of `capacity:`.
enum CapacityKeys {
    private static let servers = Key(
        "servers", "How many requests are served at the same time.", isRequired: true,
        Form<Int>.integer(1...100_000))
    private static let queue = Key(
        "queue", "How many requests may wait. With a full queue a request gets a 503.",
        isRequired: true,
        Form<Int>.integer(0...10_000_000))
    private static let service = Key(
        "service", "How long a server works on one request. The latency is added to it.",
        isRequired: true, Form<Distribution>.distribution)
    private static let abandoned = Key(
        "abandoned", "What happens to work whose client has gone away. Defaults to finish.",
        Form<Capacity.Abandoned>.choice)

    static let table = KeyTable(
        "capacity", [AnyKey(servers), AnyKey(queue), AnyKey(service), AnyKey(abandoned)])

    static let form = Form<Capacity>.mapping({ table }) { reader, findings in
        let (servers, queue) = (reader.read(servers, &findings), reader.read(queue, &findings))
        let service = reader.read(service, &findings)
        let abandoned = reader.read(abandoned, &findings) ?? .finish
        guard let servers, let queue, let service else { return nil }
        return Capacity(servers: servers, queue: queue, service: service, abandoned: abandoned)
    }
}

/// The keys of `quota:`.
enum QuotaKeys {
    private static let rate = Key(
        "rate", "How many requests it lets through in the long run, for example 40/s.",
        isRequired: true,
        Form<RequestRate>.rate.checked { $0.count > 0 ? nil : "is 0; it must be above 0" })
    private static let burst = Key(
        "burst", "How many requests it lets through at once. Defaults to one second of the rate.",
        Form<UInt32>.integer(1...1_000_000_000))
    private static let retryAfter = Key(
        "retry_after", "The form of the Retry-After field of a 429. Defaults to seconds.",
        Form<Quota.RetryAfter>.choice)

    static let table = KeyTable("quota", [AnyKey(rate), AnyKey(burst), AnyKey(retryAfter)])

    static let form = Form<Quota>.mapping({ table }) { reader, findings in
        let (rate, burst) = (reader.read(rate, &findings), reader.read(burst, &findings))
        let retryAfter = reader.read(retryAfter, &findings) ?? .seconds
        guard let rate else { return nil }
        return Quota(rate: rate, burst: burst ?? secondsWorth(of: rate), retryAfter: retryAfter)
    }

    /// The number of whole requests that the rate allows in one second, at least 1.
    private static func secondsWorth(of rate: RequestRate) -> UInt32 {
        let perSecond = rate.perSecond
        return UInt32(clamping: max(1, perSecond.numerator / perSecond.denominator))
    }
}
