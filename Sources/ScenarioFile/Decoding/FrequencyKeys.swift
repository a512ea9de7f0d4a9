import KeyedChance
import Upstream

/// The keys that say how often a fault happens. A fault has at most one of them.
enum FrequencyKeys {
    private static let probability = Key(
        "probability", "The probability for each attempt, independently of the others.",
        Form<Ratio>.share)
    private static let sequence = Key(
        "sequence", "Only the first attempts.", Form<Fault.Frequency>.sequence)
    private static let burst = Key(
        "burst", "Every attempt during a burst, none between bursts.",
        Form<Fault.Frequency>.burst)

    static let keys = [AnyKey(probability), AnyKey(sequence), AnyKey(burst)]
    static let names = keys.map(\.name)

    static func frequency(_ reader: inout MappingReader, _ findings: inout Findings)
        -> Fault.Frequency
    {
        // All keys are read, so that the errors in each are reported.
        let found: [Fault.Frequency?] = [
            reader.read(probability, &findings).map(Fault.Frequency.probability),
            reader.read(sequence, &findings), reader.read(burst, &findings),
        ]
        reader.reportSeveral(of: names, &findings)
        return found.compactMap { $0 }.first ?? .always
    }
}

extension Form where Output == Fault.Frequency {
    private static var fail: Key<UInt32> {
        Key("fail", "How many attempts fail.", isRequired: true, .integer(1...1_000_000))
    }
    private static var of: Key<Fault.Frequency.Population> {
        Key(
            "of",
            "Whether each request is counted alone or all together. Defaults to each_request.",
            .choice)
    }

    /// A sequence, for example `{ fail: 2, of: each_request }`.
    static var sequence: Form {
        .mapping({ KeyTable("sequence", [AnyKey(fail), AnyKey(of)]) }) { reader, findings in
            let (fail, of) = (reader.read(fail, &findings), reader.read(of, &findings))
            return fail.map { .sequence(fail: $0, of: of ?? .eachRequest) }
        }
    }

    /// The smallest probability of a change of state in one slot. Below it, or with both
    /// probabilities above its complement, a slot's state would depend on so many earlier slots
    /// that computing it would take too long.
    private static var leastChange: Ratio { Ratio(1, of: 10_000) }

    private static var change: Form<Ratio> {
        Form<Ratio>.share.checked { $0 >= leastChange ? nil : "is below 0.01%" }
    }
    private static var enter: Key<Ratio> {
        Key("enter", "The probability that a burst begins in a slot.", isRequired: true, change)
    }
    private static var leave: Key<Ratio> {
        Key("leave", "The probability that a burst ends in a slot.", isRequired: true, change)
    }
    private static var slot: Key<Int64> {
        Key(
            "slot", "The length of a slot. At least 1ms.", isRequired: true,
            Form<Int64>.duration.checked { $0 >= 1_000_000 ? nil : "is below 1ms" })
    }

    /// A burst, for example `{ enter: 1%, leave: 20%, slot: 100ms }`.
    static var burst: Form {
        .mapping({ KeyTable("burst", [AnyKey(enter), AnyKey(leave), AnyKey(slot)]) }) {
            reader, findings in
            let (enter, leave) = (reader.read(enter, &findings), reader.read(leave, &findings))
            guard let slot = reader.read(slot, &findings), let enter, let leave else { return nil }
            let most = Ratio(9_999, of: 10_000)
            if enter > most && leave > most {
                findings.report(
                    "'enter' and 'leave' are both over 99.99%, so the burst would only alternate",
                    at: reader.position)
                return nil
            }
            return .burst(enter: enter, leave: leave, slot: slot)
        }
    }
}
