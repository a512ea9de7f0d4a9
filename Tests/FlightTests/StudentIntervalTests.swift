import Testing

@testable import Flight

@Suite struct StudentIntervalTests {
    /// From the published table of Student's t, 97.5 % quantiles.
    @Test(arguments: [
        (1, 12.706), (2, 4.303), (5, 2.571), (9, 2.262), (19, 2.093), (29, 2.045), (99, 1.984),
    ])
    func quantileIsTheTables(degreesOfFreedom: Int, published: Double) {
        let quantile = StudentInterval.quantile(degreesOfFreedom: degreesOfFreedom)
        #expect(abs(quantile - published) < 0.0006)
    }

    @Test func intervalOfTenValuesIsTheTextbooks() throws {
        // Mean 5.5, standard deviation 3.02765, t(9) 2.26216: half the width is 2.16585.
        let interval = try #require(StudentInterval((1...10).map(Double.init)))
        #expect(abs(interval.mean - 5.5) < 1e-12)
        #expect(abs(interval.low - 3.33415) < 1e-4)
        #expect(abs(interval.high - 7.66585) < 1e-4)
    }

    @Test func oneValueHasNoInterval() { #expect(StudentInterval([1]) == nil) }
}
