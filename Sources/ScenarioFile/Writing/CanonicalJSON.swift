import KeyedChance
import Upstream

extension Scenario {
    /// The scenario as JSON on one line, with every default written out, in the keys and units of
    /// the file format and always in the same order. Decoding it gives an equal scenario.
    public func canonicalJSON() -> String { json.compact }

    var json: JSON {
        var members: [JSON.Member] = [
            .init("format", .number("1")),
            .init("name", .string(name)),
            .init("requirements", .array(requirements.map(JSON.string))),
            .init("description", .string(description)),
            .init("seed", .integer(seed)),
            .init("duration", .duration(duration)),
            .init("warmup", .duration(warmup)),
            .init("epoch", .string(Timestamp.text(epoch))),
            .init("reference", .duration(upstream.referenceTimeout)),
            .init("clients", FleetKeys.json(fleet)),
            .init("client", ClientKeys.json(client)),
            .init("load", .array(loads.map(\.json))),
            .init("upstream", upstream.json),
        ]
        if let window { members.append(.init("window", WindowKeys.json(window))) }
        let checks = expectations.map { expectation in
            JSON.object([
                .init("check", .string(expectation.expression)),
                .init("advisory", .bool(expectation.isAdvisory)),
            ])
        }
        return .object(members + [.init("expect", .array(checks))])
    }
}

extension JSON {
    fileprivate static func duration(_ nanoseconds: Int64) -> JSON {
        .string(DurationText.text(nanoseconds))
    }

    fileprivate static func rate(_ rate: RequestRate) -> JSON { .string(rate.description) }

    fileprivate static func share(_ share: Ratio) -> JSON { .string(ShareText.text(share)) }

    fileprivate static func fields(_ fields: [Field]) -> JSON {
        .object(fields.map { .init($0.name, .string($0.value)) })
    }
}

extension [JSON.Member] {
    /// Adds a member unless the value is nil.
    fileprivate mutating func add<Value>(_ name: String, _ value: Value?, _ json: (Value) -> JSON) {
        if let value { append(.init(name, json(value))) }
    }
}

extension Load {
    fileprivate var json: JSON {
        var members: [JSON.Member] = [.init("name", .string(name))]
        switch rate {
        case .steady(let rate): members.append(.init("rate", .rate(rate)))
        case .ramp(let from, let to):
            let ends: [JSON.Member] = [.init("from", .rate(from)), .init("to", .rate(to))]
            members.append(.init("ramp", .object(ends)))
        case .closed(let users, let think):
            members.append(.init("users", .integer(users)))
            members.append(.init("think", think.json))
        }
        if case .closed = rate {
        } else {
            members.append(.init("arrivals", .string(arrivals.rawValue)))
        }
        members.append(.init("at", .duration(start)))
        members.add("for", duration, JSON.duration)
        members.append(.init("method", .string(method)))
        members.append(.init("path", .string(path)))
        members.append(.init("params", .object(params.map { .init($0.name, .string($0.value)) })))
        members.append(.init("headers", .fields(headers)))
        members.add("body", body, JSON.string)
        members.append(.init("use_cache", .bool(useCache)))
        members.add("cancel_after", cancelAfter, \.json)
        return .object(members)
    }
}

extension UpstreamConfiguration {
    fileprivate var json: JSON {
        var members: [JSON.Member] = [.init("latency", latency.json)]
        members.add("capacity", capacity, \.json)
        members.add("quota", quota, \.json)
        members.append(.init("routes", .array(routes.map(\.json))))
        members.append(.init("faults", .array(faults.map(\.json))))
        return .object(members)
    }
}

extension Capacity {
    fileprivate var json: JSON {
        .object([
            .init("servers", .integer(servers)), .init("queue", .integer(queue)),
            .init("service", service.json), .init("abandoned", .string(abandoned.rawValue)),
        ])
    }
}

extension Quota {
    fileprivate var json: JSON {
        .object([
            .init("rate", .rate(rate)), .init("burst", .integer(burst)),
            .init("retry_after", .string(retryAfter.rawValue)),
        ])
    }
}

extension Route {
    fileprivate var json: JSON {
        var members: [JSON.Member] = [.init("path", .string(path.description))]
        members.add("method", method, JSON.string)
        members.add("latency", latency, \.json)
        members.append(.init("status", .integer(status)))
        members.append(.init("headers", .fields(headers)))
        members.add("body", body, JSON.string)
        members.add("schema", schema, JSON.string)
        return .object(members)
    }
}

extension Distribution {
    fileprivate var json: JSON {
        switch self {
        // A mapping would have one more level of nesting than the file.
        case .fixed(let duration): .duration(duration)
        case .uniform(let from, let to):
            Self.named("uniform", [.init("from", .duration(from)), .init("to", .duration(to))])
        case .exponential(let mean): Self.named("exponential", [.init("mean", .duration(mean))])
        case .lognormal(let median, let p99):
            Self.named(
                "lognormal", [.init("median", .duration(median)), .init("p99", .duration(p99))])
        case .pareto(let min, let alpha):
            Self.named(
                "pareto", [.init("min", .duration(min)), .init("alpha", .number("\(alpha)"))])
        case .mixture(let components):
            .object([
                .init(
                    "mixture",
                    .array(
                        components.map { component in
                            .object([
                                .init("share", .share(component.share)),
                                .init("law", component.distribution.json),
                            ])
                        }))
            ])
        case .empirical(let bins):
            .object([
                .init(
                    "empirical",
                    .array(
                        bins.map { bin in
                            .object([
                                .init("share", .share(bin.share)),
                                .init("upto", .duration(bin.upto)),
                            ])
                        }))
            ])
        }
    }

    private static func named(_ name: String, _ members: [JSON.Member]) -> JSON {
        .object([.init(name, .object(members))])
    }
}

extension Fault {
    fileprivate var json: JSON {
        var members: [JSON.Member] = [.init("at", .duration(schedule.start))]
        members.add("for", schedule.duration, JSON.duration)
        members.add("every", schedule.period, JSON.duration)
        members.add("method", scope.method, JSON.string)
        members.add("path", scope.path?.description, JSON.string)
        members.add("client", scope.client) { .integer($0) }
        switch frequency {
        case .always: break
        case .probability(let share): members.append(.init("probability", .share(share)))
        case .sequence(let fail, let of):
            let parts: [JSON.Member] = [
                .init("fail", .integer(fail)), .init("of", .string(of.rawValue)),
            ]
            members.append(.init("sequence", .object(parts)))
        case .burst(let enter, let leave, let slot):
            let parts: [JSON.Member] = [
                .init("enter", .share(enter)), .init("leave", .share(leave)),
                .init("slot", .duration(slot)),
            ]
            members.append(.init("burst", .object(parts)))
        }
        return .object(members + effect.members)
    }
}

extension Fault.Effect {
    fileprivate var members: [JSON.Member] {
        switch self {
        case .latency(let fault): return [.init("latency", fault.distribution.json)]
        case .drip(let fault): return [.init("drip", fault.distribution.json)]
        case .status(let fault):
            var members: [JSON.Member] = [.init("status", .integer(fault.status))]
            members.add("retry_after", fault.retryAfter, \.json)
            members.append(.init("headers", .fields(fault.headers)))
            members.add("body", fault.body, JSON.string)
            return members
        default: return [.init(kind, .bool(true))]
        }
    }
}

extension RetryAfterField {
    fileprivate var json: JSON {
        let second: Int64 = 1_000_000_000
        return switch self {
        case .seconds(let seconds): .duration(seconds * second)
        case .date(let seconds): .object([.init("date", .duration(seconds * second))])
        case .raw(let text): .object([.init("raw", .string(text))])
        }
    }
}
