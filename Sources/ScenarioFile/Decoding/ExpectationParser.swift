import Upstream
import KeyedChance

/// Parses expressions such as `latency.p95{load=checkout} <= 500ms`.
struct ExpectationParser {
    private static let form = "a metric, a comparison and a limit, such as latency.p95 <= 500ms"

    private let position: Position
    private let text: [Unicode.Scalar]
    private var at = 0

    private init(_ text: String, _ position: Position) {
        self.text = Array(text.unicodeScalars)
        self.position = position
    }

    /// Parses an expectation such as `latency.p95 <= 500ms`.
    /// - Parameters:
    ///   - expression: The text as written.
    ///   - position: The position of the text's first character.
    ///   - loads: The names of the loads that a metric can be narrowed to. nil: any name is
    ///     accepted.
    ///   - findings: Receives what is wrong.
    /// - Returns: The expectation; nil if the expression is malformed.
    static func parse(
        _ expression: String, at position: Position, loads: [String]?, _ findings: inout Findings
    ) -> Expectation? {
        var parser = ExpectationParser(expression, position)
        return parser.parse(loads: loads, &findings)
    }

    private mutating func parse(loads: [String]?, _ findings: inout Findings) -> Expectation? {
        skipSpaces()
        let start = at
        let name = take { Self.isWord($0) || $0 == "." }
        guard !name.isEmpty else {
            findings.report("the metric is missing", at: here, expected: Self.form)
            return nil
        }
        let metric = metric(name, at: position.moved(by: start), &findings)
        var load: String?
        if peek == "{" {
            let brace = here
            guard let narrowed = loadName(&findings) else { return nil }
            load = narrowed
            if let loads, !loads.contains(narrowed) {
                findings.report(
                    "no load has the name \(quoted(narrowed))", at: brace,
                    expected: "one of \(loads.prefix(20).joined(separator: ", "))",
                    suggestion: findings.suggestion(for: narrowed, among: loads))
            } else if let metric, !metric.isPerLoad {
                findings.report("'\(metric.name)' cannot be narrowed to a load", at: brace)
            }
        }
        skipSpaces()
        let comparisonPlace = here
        let sign = take { "=!<>".unicodeScalars.contains($0) }
        guard let comparison = Expectation.Comparison(rawValue: sign) else {
            findings.report(
                sign.isEmpty ? "the comparison is missing" : "unknown comparison '\(sign)'",
                at: comparisonPlace,
                expected: "one of ==, !=, <, <=, >, >=", suggestion: sign == "=" ? "==" : nil)
            return nil
        }
        skipSpaces()
        let limitPlace = here
        let limitText = trimmed(text[at...])
        guard let metric, let exact = limit(limitText, metric, at: limitPlace, &findings) else {
            return nil
        }
        return Expectation(
            expression: trimmed(text[start...]), metric: metric.name, load: load,
            comparison: comparison, limit: .init(text: limitText, exact: exact), line: position.line
        )
    }

    private func metric(_ name: String, at place: Position, _ findings: inout Findings) -> Metric? {
        if let metric = Metric(named: name) { return metric }
        let names = MetricName.allCases.map(\.rawValue)
        // The list of all metrics is long, so it is given only if no metric is similar.
        let near = findings.suggestion(for: name, among: names)
        findings.report(
            "unknown metric \(quoted(name))", at: place,
            expected: near == nil ? "one of \(names.joined(separator: ", "))" : nil,
            suggestion: near)
        return nil
    }

    /// Reads the name in `{load=NAME}`.
    private mutating func loadName(_ findings: inout Findings) -> String? {
        let place = here
        at += 1
        skipSpaces()
        let key = take(while: Self.isWord)
        skipSpaces()
        let isAssigned = peek == "="
        if isAssigned { at += 1 }
        skipSpaces()
        let name = take { Self.isWord($0) || $0 == "." || $0 == "-" }
        skipSpaces()
        guard key == "load", isAssigned, !name.isEmpty, peek == "}" else {
            findings.report("a metric is narrowed with {load=NAME}", at: place)
            return nil
        }
        at += 1
        return name
    }

    /// Reads the limit in the metric's unit.
    private func limit(
        _ text: String, _ metric: Metric, at place: Position, _ findings: inout Findings
    ) -> Ratio? {
        let result: Result<Ratio, UnitProblem>
        switch metric.unit {
        case .count:
            result = Self.decimal(text, scaleMax: 0, expected: "a whole number such as 5")
        case .factor:
            result = Self.decimal(
                text, scaleMax: Decimal.scaleMax, expected: "a plain number such as 1.5")
        case .ratio:
            result = ShareText.parse(text)
        case .duration:
            result = DurationText.parse(text).map { Ratio(UInt64($0), of: 1_000_000) }
        case .throughput:
            result = RequestRate.parse(text).map(\.perSecond)
        }
        switch result {
        case .success(let limit): return limit
        case .failure(let problem):
            findings.report(
                "the limit of '\(metric.name)' \(problem.message)", at: place,
                expected: problem.expected, suggestion: problem.suggestion)
            return nil
        }
    }

    private static func decimal(
        _ text: String, scaleMax: Int, expected: String
    ) -> Result<Ratio, UnitProblem> {
        guard let decimal = Decimal(text), decimal.scale <= scaleMax else {
            return .failure(UnitProblem("is \(quoted(text))", expected: expected))
        }
        return .success(Ratio(decimal.digits, of: decimal.divisor))
    }

    // MARK: - Characters

    private var here: Position { position.moved(by: at) }

    private var peek: Unicode.Scalar? { at < text.count ? text[at] : nil }

    private static func isWord(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "a"..."z", "A"..."Z", "0"..."9", "_": true
        default: false
        }
    }

    private mutating func skipSpaces() { _ = take { $0 == " " } }

    private mutating func take(while isTaken: (Unicode.Scalar) -> Bool) -> String {
        var taken = String.UnicodeScalarView()
        while let scalar = peek, isTaken(scalar) {
            taken.append(scalar)
            at += 1
        }
        return String(taken)
    }

    private func trimmed(_ scalars: ArraySlice<Unicode.Scalar>) -> String {
        var view = String.UnicodeScalarView()
        view.append(
            contentsOf: scalars[
                ..<(scalars.lastIndex { $0 != " " }.map { $0 + 1 } ?? scalars.startIndex)])
        return String(view)
    }
}

/// The two forms of an item of `expect:`: an expression, or a mapping that contains one.
enum ExpectationKeys {
    static let check = Key(
        "check", "An expression, for example latency.p95 <= 500ms.", isRequired: true,
        Form<Placed>.expression)
    static let advisory = Key(
        "advisory", "Whether the result is only reported and never fails a run.", Form<Bool>.boolean
    )
    static let table = KeyTable("an expectation", [AnyKey(check), AnyKey(advisory)])

    /// An expression that is parsed later, when the names of the loads are known.
    struct Placed: Sendable {
        var text: String
        var position: Position
        var isAdvisory = false
    }

    static let form = Form<Placed>(schema: {
        Schema.either([Form<Placed>.expression.schema(), table.schema])
    }) { value, name, findings in
        guard case .mapping = value.content else {
            return Form<Placed>.expression.read(value, name, &findings)
        }
        guard var reader = MappingReader(value, name, table, &findings) else { return nil }
        let placed = reader.read(check, &findings)
        let isAdvisory = reader.read(advisory, &findings) ?? false
        reader.finish()
        return placed.map { Placed(text: $0.text, position: $0.position, isAdvisory: isAdvisory) }
    }
}

extension Form where Output == ExpectationKeys.Placed {
    private static var pattern: String {
        let names = MetricName.allCases.map { name in
            name.rawValue.split(separator: ".").joined(separator: #"\."#)
        }
        return "^ *(\(names.joined(separator: "|")))"
            + #"( *\{ *load *= *[A-Za-z0-9_.-]+ *\})? *(==|!=|<=?|>=?) *[0-9]"#
    }

    static var expression: Form {
        Form(schema: { Schema.text(pattern: pattern) }) { value, name, findings in
            guard let text = Form<String>.text.read(value, name, &findings) else { return nil }
            guard case .scalar(_, let isPlain) = value.content else { return nil }
            // Columns count from the text itself, not from its opening quote.
            let place = isPlain ? value.position : value.position.moved(by: 1)
            return ExpectationKeys.Placed(text: text, position: place)
        }
    }
}
