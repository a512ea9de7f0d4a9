public import KeyedChance

/// A condition on a figure that is judged after the flight, for example `latency.p95 <= 500ms`.
///
/// Two expectations that differ only in `line` are equal.
public struct Expectation: Sendable, Hashable {
    /// The comparison between the figure, on the left, and the limit, on the right.
    public enum Comparison: String, Sendable, Hashable, CaseIterable {
        case equal = "=="
        case notEqual = "!="
        case less = "<"
        case lessOrEqual = "<="
        case greater = ">"
        case greaterOrEqual = ">="
    }

    /// The limit of an expectation, without rounding.
    public struct Limit: Sendable, Hashable {
        /// The limit as written, for example `99.9%`.
        public let text: String
        /// The value in the metric's unit: a count, a ratio from 0 to 1, a factor, milliseconds, or
        /// a rate per second.
        public let exact: Ratio
        /// The `Double` that is nearest to `exact`.
        public var value: Double { exact.double }

        init(text: String, exact: Ratio) { (self.text, self.exact) = (text, exact) }
    }

    /// The expression as written, without spaces at its ends.
    public let expression: String
    /// The figure that is compared with the limit.
    public let metric: MetricName
    /// The name of the load whose requests count. nil: the requests of all loads.
    public let load: String?
    /// The comparison that must hold between the figure, on the left, and the limit.
    public let comparison: Comparison
    /// The limit that the figure is compared with.
    public let limit: Limit
    /// Whether the expectation is only reported. An advisory expectation never fails a run.
    public var isAdvisory: Bool
    /// The line of the expectation in the file, counted from 1.
    public var line: Int

    /// Parses an expectation.
    ///
    /// - Parameters:
    ///   - expression: The text, for example `latency.p95{load=checkout} <= 500ms`. The load's name
    ///     is not checked, because no scenario is given.
    ///   - isAdvisory: Whether it never fails a run. Defaults to `false`.
    ///   - line: Its line in the file, counted from 1. Defaults to 1.
    /// - Throws: ``ScenarioError`` if the expression is malformed.
    public init(_ expression: String, isAdvisory: Bool = false, line: Int = 1) throws(ScenarioError)
    {
        var findings = Findings()
        let position = Position(file: "expectation", line: line, column: 1)
        let parsed = ExpectationParser.parse(expression, at: position, loads: nil, &findings)
        if let error = findings.error { throw error }
        guard var parsed else { throw ScenarioError(diagnostics: []) }
        parsed.isAdvisory = isAdvisory
        self = parsed
    }

    init(
        expression: String, metric: MetricName, load: String?, comparison: Comparison, limit: Limit,
        line: Int
    ) {
        self.expression = expression
        self.metric = metric
        self.load = load
        self.comparison = comparison
        self.limit = limit
        isAdvisory = false
        self.line = line
    }

    /// Compares the expressions and whether they are advisory; `line` does not count.
    public static func == (left: Expectation, right: Expectation) -> Bool {
        left.expression == right.expression && left.isAdvisory == right.isAdvisory
    }

    /// Hashes the properties that `==` compares.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(expression)
        hasher.combine(isAdvisory)
    }
}
