import KeyedChance
import Testing

@Suite struct RatioTests {
    @Test(
        arguments: [
            (3, 100, "3/100"), (50, 100, "1/2"), (0, 7, "0/1"), (7, 7, "1/1"), (9, 6, "3/2"),
            (UInt64.max, UInt64.max, "1/1"), (UInt64.max, 3, "6148914691236517205/1"),
            (1, UInt64.max, "1/18446744073709551615"),
        ] as [(UInt64, UInt64, String)])
    func aShareIsKeptInLowestTerms(numerator: UInt64, denominator: UInt64, text: String) {
        #expect(Ratio(numerator, of: denominator).description == text)
    }

    @Test func equalSharesAreEqualHoweverWritten() {
        #expect(Ratio(5, of: 100) == Ratio(1, of: 20))
        #expect(Ratio(0, of: 3) == .zero)
        #expect(Ratio(8, of: 8) == .one)
        #expect(Set([Ratio(5, of: 100), Ratio(1, of: 20)]).count == 1)
    }

    @Test func sharesCompareByValueWithoutOverflow() {
        let most = UInt64.max
        let rising = [
            Ratio.zero, Ratio(1, of: most), Ratio(1, of: most - 1), Ratio(1, of: 3),
            Ratio(1, of: 2), Ratio(most - 2, of: most - 1), Ratio(most - 1, of: most), .one,
            Ratio(most, of: most - 1), Ratio(most, of: 1),
        ]
        for (left, right) in zip(rising, rising.dropFirst()) {
            #expect(left < right)
            #expect(!(right < left))
            #expect(!(left < left))
        }
    }

    @Test func aShareAsADoubleIsTheNearest() {
        #expect(Ratio(1, of: 3).double == 1.0 / 3)
        #expect(Ratio(1, of: 100).double == 0.01)
        #expect(Ratio.zero.double == 0)
    }
}
