public import KeyedChance

/// What has to hold of a figure when the flight is over, such as `latency.p95 <= 500ms`.
///
/// Two that differ only in their line are equal: where it stands is not part of what it says.
public struct Expectation: Sendable, Hashable {
    /// How the figure and the limit are compared.
    public enum Comparison: String, Sendable, Hashable, CaseIterable {
        case equal = "=="
        case notEqual = "!="
        case less = "<"
        case lessOrEqual = "<="
        case greater = ">"
        case greaterOrEqual = ">="
    }

    /// A limit, exactly.
    public struct Limit: Sendable, Hashable {
        /// As written, such as `99.9%`.
        public let text: String
        /// In the metric's unit: a count, 0 to 1, a factor, milliseconds, or per second.
        public let exact: Ratio
        /// The nearest binary number to `exact`.
        public var value: Double { exact.double }

        init(text: String, exact: Ratio) { (self.text, self.exact) = (text, exact) }
    }

    /// As written, spaces at both ends left out.
    public let expression: String
    /// The figure.
    public let metric: MetricName
    /// The load that the figure is narrowed to; nil: all.
    public let load: String?
    /// What has to hold between the figure, on the left, and the limit.
    public let comparison: Comparison
    /// What the figure is compared with.
    public let limit: Limit
    /// Whether it is reported only, and never fails a run.
    public var isAdvisory: Bool
    /// Its line in the file, from 1.
    public var line: Int

    /// - Parameters:
    ///   - expression: such as `latency.p95{load=checkout} <= 500ms`; not compared with a
    ///     scenario's loads.
    ///   - isAdvisory: whether it never fails a run.
    ///   - line: its line, from 1.
    /// - Throws: ``ScenarioError`` where the expression is malformed.
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

    /// By what they say; `line` does not count.
    public static func == (left: Expectation, right: Expectation) -> Bool {
        left.expression == right.expression && left.isAdvisory == right.isAdvisory
    }

    /// Feeds what `==` compares.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(expression)
        hasher.combine(isAdvisory)
    }
}
