import Testing

@testable import Upstream

@Suite struct FaultSetTests {
    /// Around the ends of the words that the places are kept in.
    @Test(arguments: [[], [0], [63], [64], [0, 63, 64, 127, 128, 200], Array(0..<130)] as [[Int]])
    func itHoldsWhatWasPutInAndNothingElse(places: [Int]) {
        var set = FaultSet()
        for place in places { set.insert(place) }
        #expect((0..<300).filter { set.contains($0) } == places)
    }

    @Test func orderAndRepetitionDoNotMatter() {
        var (one, other) = (FaultSet(), FaultSet())
        for place in [3, 70, 150] { one.insert(place) }
        for place in [150, 3, 70, 3] { other.insert(place) }
        #expect(one == other)
        other.insert(4)
        #expect(one != other)
    }
}
