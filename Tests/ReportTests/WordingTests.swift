import Report
import ScenarioFile
import Testing

@Suite struct WordingTests {
    @Test(arguments: [
        (0.0, 0, "0"), (1234567.0, 0, "1 234 567"), (0.05, 1, "0.1"), (-0.04, 1, "0.0"),
        (-12.34, 1, "-12.3"), (999.999, 2, "1 000.00"),
    ])
    func numbersReadTheSameInEveryLocale(number: Double, places: Int, text: String) {
        #expect(Wording.fixed(number, places) == text)
    }

    @Test(arguments: [
        (1.0, Metric.Unit.ratio, "100 %"), (0.99999, .ratio, "99.999 %"), (0.0, .ratio, "0 %"),
        (45.25, .duration, "45.3 ms"), (12_300.0, .duration, "12.3 s"),
        (30.0, .throughput, "30.0/s"),
        (1.024, .factor, "1.024"), (12_133.0, .count, "12 133"),
    ])
    func figuresCarryTheirUnit(value: Double, unit: Metric.Unit, text: String) {
        #expect(Wording.value(value, unit) == text)
    }
}
