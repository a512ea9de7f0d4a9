import KeyedChance
import Upstream

/// How a distribution of durations is written: `40ms`, or a mapping with the distribution's name.
extension Form where Output == Distribution {
    static var distribution: Form {
        // The schema refers to a definition, because a mixture contains distributions.
        Form(schema: { .object([.init("$ref", .string("#/definitions/law"))]) }) {
            value, name, findings in
            guard case .mapping = value.content else {
                return Form<Int64>.duration.read(value, name, &findings).map(Distribution.fixed)
            }
            guard var reader = MappingReader(value, name, DistributionKeys.table, &findings) else {
                return nil
            }
            let distribution = DistributionKeys.read(&reader, name, &findings)
            reader.finish()
            return distribution
        }
    }
}

/// The keys of a distribution. A distribution has exactly one of them; its value is a duration, a
/// mapping or a list.
enum DistributionKeys {
    private static let fixed = Key("fixed", "A constant duration.", Form<Int64>.duration)
    private static let uniform = Key(
        "uniform", "Every duration between two limits is equally likely.",
        span("uniform", "from", "to", .duration) {
            $0 <= $1 ? nil : "'from' is above 'to'"
        })
    private static let exponential = Key(
        "exponential", "An exponential distribution with this mean.",
        Form<Int64>.mapping({ KeyTable("exponential", [AnyKey(mean)]) }) { reader, findings in
            reader.read(mean, &findings)
        })
    private static let mean = Key(
        "mean", "The mean.", isRequired: true, Form<Int64>.positiveDuration)
    private static let lognormal = Key(
        "lognormal", "A lognormal distribution with this median and 99th percentile.",
        span("lognormal", "median", "p99", .positiveDuration) {
            $0 < $1 ? nil : "'p99' is not above 'median'"
        })
    private static let pareto = Key(
        "pareto", "A Pareto distribution, which has a heavy tail.", ParetoKeys.form)
    private static let mixture = Key(
        "mixture", "One of several distributions, each with its share.", MixtureKeys.form)
    private static let empirical = Key(
        "empirical", "A measured histogram. The bins are in ascending order.", EmpiricalKeys.form)

    static let table = KeyTable(
        "a distribution",
        [
            AnyKey(fixed), AnyKey(uniform), AnyKey(exponential), AnyKey(lognormal), AnyKey(pareto),
            AnyKey(mixture), AnyKey(empirical),
        ],
        rules: [.init("minProperties", .integer(1)), .init("maxProperties", .integer(1))])

    /// The schema of `#/definitions/law`.
    static var schema: JSON {
        Schema.either([Schema.text(pattern: DurationText.pattern), table.schema])
    }

    static func read(_ reader: inout MappingReader, _ name: String, _ findings: inout Findings)
        -> Distribution?
    {
        let before = findings.count
        let distributions: [Distribution?] = [
            reader.read(fixed, &findings).map(Distribution.fixed),
            reader.read(uniform, &findings).map { .uniform(from: $0.0, to: $0.1) },
            reader.read(exponential, &findings).map { .exponential(mean: $0) },
            reader.read(lognormal, &findings).map { .lognormal(median: $0.0, p99: $0.1) },
            reader.read(pareto, &findings), reader.read(mixture, &findings),
            reader.read(empirical, &findings),
        ]
        let names = table.keys.map(\.name)
        let present = reader.present(among: names)
        if present.count > 1 {
            findings.report(
                "'\(name)' has \(present.count) distributions: \(present.joined(separator: ", "))",
                at: reader.place(of: present[1]), expected: "one")
        } else if present.isEmpty, findings.count == before, !reader.hasUnknownKeys {
            findings.report(
                "'\(name)' names no distribution", at: reader.position,
                expected: "one of \(names.joined(separator: ", "))")
        }
        return distributions.compactMap { $0 }.first
    }

    /// The form of a distribution that has two durations as parameters.
    private static func span(
        _ distribution: String, _ first: String, _ second: String, _ form: Form<Int64>,
        problem: @escaping @Sendable (Int64, Int64) -> String?
    ) -> Form<(Int64, Int64)> {
        let low = Key(first, "A duration.", isRequired: true, form)
        let high = Key(second, "A duration.", isRequired: true, form)
        return .mapping({ KeyTable(distribution, [AnyKey(low), AnyKey(high)]) }) {
            reader, findings in
            // Both are read before the first is checked, so that errors in both are reported.
            let (low, high) = (reader.read(low, &findings), reader.read(high, &findings))
            guard let low, let high else { return nil }
            if let message = problem(low, high) {
                findings.report("\(distribution): \(message)", at: reader.position)
                return nil
            }
            return (low, high)
        }
    }
}

private enum ParetoKeys {
    static let min = Key(
        "min", "The smallest value.", isRequired: true, Form<Int64>.positiveDuration)
    static let alpha = Key(
        "alpha", "The tail index: a larger value gives a shorter tail. Above 0.", isRequired: true,
        Form<Double>(schema: {
            Schema.type(
                "number", .init("exclusiveMinimum", .integer(0)), .init("maximum", .integer(1_000)))
        }) { value, name, findings in
            if case .scalar(let text, isPlain: true) = value.content, PlainScalar(text) == .number,
                let number = Double(text), number > 0, number <= 1_000
            {
                return number
            }
            findings.report(
                "'\(name)' is \(value.scalarText.map(quoted) ?? value.kind)", at: value.position,
                expected: "a number above 0 and at most 1000")
            return nil
        })

    static let form = Form<Distribution>.mapping({
        KeyTable("pareto", [AnyKey(min), AnyKey(alpha)])
    }) {
        reader, findings in
        let (min, alpha) = (reader.read(min, &findings), reader.read(alpha, &findings))
        guard let min, let alpha else { return nil }
        return .pareto(min: min, alpha: alpha)
    }
}

private enum MixtureKeys {
    static let share = Key(
        "share", "How often this distribution is drawn.", isRequired: true, Form<Ratio>.share)
    static let distribution = Key(
        "law", "The distribution.", isRequired: true, Form<Distribution>.distribution)
    static let component = Form<Distribution.Component>.mapping({
        KeyTable("mixture", [AnyKey(share), AnyKey(distribution)])
    }) { reader, findings in
        let (share, distribution) = (
            reader.read(share, &findings), reader.read(distribution, &findings)
        )
        guard let share, let distribution else { return nil }
        return Distribution.Component(share: share, distribution: distribution)
    }

    static let form = sharing(Form<[Distribution.Component]>.list(of: component, least: 1), \.share)
    { _ in
        nil
    }
    .map(Distribution.mixture)
}

private enum EmpiricalKeys {
    static let share = Key(
        "share", "The share of values in this bin.", isRequired: true, Form<Ratio>.share)
    static let upto = Key(
        "upto", "The upper end of the bin.", isRequired: true, Form<Int64>.positiveDuration)
    static let bin = Form<Distribution.Bin>.mapping({
        KeyTable("empirical", [AnyKey(share), AnyKey(upto)])
    }) { reader, findings in
        let (share, upto) = (reader.read(share, &findings), reader.read(upto, &findings))
        guard let share, let upto else { return nil }
        return Distribution.Bin(share: share, upto: upto)
    }

    static let form = sharing(Form<[Distribution.Bin]>.list(of: bin, least: 1), \.share) { bins in
        for (lower, upper) in zip(bins, bins.dropFirst()) where lower.upto >= upper.upto {
            return "the bins do not rise: \(DurationText.text(upper.upto)) "
                + "follows \(DurationText.text(lower.upto))"
        }
        return nil
    }.map(Distribution.empirical)
}

extension Form {
    fileprivate func map<Other>(_ transform: @escaping @Sendable (Output) -> Other) -> Form<Other> {
        Form<Other>(schema: schema) { value, name, findings in
            read(value, name, &findings).map(transform)
        }
    }
}

/// Adds the rule that the shares of a list's elements add up to exactly 1.
private func sharing<Element>(
    _ list: Form<[Element]>, _ share: @escaping @Sendable (Element) -> Ratio,
    problem: @escaping @Sendable ([Element]) -> String?
) -> Form<[Element]> {
    Form(schema: list.schema) { value, name, findings in
        let before = findings.count
        guard let elements = list.read(value, name, &findings), findings.count == before else {
            return nil
        }
        if let message = problem(elements) {
            findings.report("\(name): \(message)", at: value.position)
            return nil
        }
        guard let sum = elements.reduce(Ratio?.some(.zero), { add($0, share($1)) }) else {
            findings.report(
                "\(name): the shares have no common denominator below 2^64", at: value.position)
            return nil
        }
        guard sum == .one else {
            findings.report(
                "\(name): the shares add up to \(ShareText.text(sum))", at: value.position,
                expected: "100%")
            return nil
        }
        return elements
    }
}

/// The exact sum; nil if it does not fit into a `Ratio`.
private func add(_ a: Ratio?, _ b: Ratio) -> Ratio? {
    guard let a else { return nil }
    // The sum is taken over the least common denominator. The product of two 64-bit numbers fits
    // into 128 bits.
    var (x, y) = (a.denominator, b.denominator)
    while y != 0 { (x, y) = (y, x % y) }
    let denominator = UInt128(a.denominator / x) * UInt128(b.denominator)
    let (scaledA, overflowA) = UInt128(a.numerator)
        .multipliedReportingOverflow(by: denominator / UInt128(a.denominator))
    let (scaledB, overflowB) = UInt128(b.numerator)
        .multipliedReportingOverflow(by: denominator / UInt128(b.denominator))
    let (numerator, overflow) = scaledA.addingReportingOverflow(scaledB)
    guard !overflowA, !overflowB, !overflow else { return nil }
    var (p, q) = (numerator, denominator)
    while q != 0 { (p, q) = (q, p % q) }
    guard let above = UInt64(exactly: numerator / p), let below = UInt64(exactly: denominator / p)
    else { return nil }
    return Ratio(above, of: below)
}

extension Distribution {
    /// Whether every sample is 0.
    var isAlwaysZero: Bool {
        switch self {
        case .fixed(let duration): duration == 0
        case .uniform(_, let to): to == 0
        case .exponential, .lognormal, .pareto: false
        case .mixture(let components): components.allSatisfy(\.distribution.isAlwaysZero)
        case .empirical(let bins): bins.allSatisfy { $0.upto == 0 }
        }
    }
}
