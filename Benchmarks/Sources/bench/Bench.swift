import ArgumentParser

/// Benchmarks of the product. Ratios are relative to a baseline that is measured in the same run,
/// in alternation, because absolute figures vary with the state of the machine.
@main
struct Bench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench", subcommands: [Compare.self, Wire.self, Once.self])
}

/// Measures each variant against the floor and prints the ratios.
struct Compare: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Interleaved pairs of the floor and each variant; the median ratio.")

    @Option(help: "Requests a flight.") var requests: UInt64 = 500_000
    @Option(help: "Pairs; the median is of these.") var pairs = 7

    func run() throws {
        _ = try Workload.floor.seconds(requests: requests / 10)
        print(
            "variant          requests/s       floor/s   ratio (median of \(pairs); lowest to highest)"
        )
        for variant in Workload.allCases where ![.floor, .wire].contains(variant) {
            var ratios: [Double] = []
            var rates: [Double] = []
            var floors: [Double] = []
            for pair in 0..<pairs {
                // The order alternates, so that a drift of the machine's speed affects both alike.
                let first = pair % 2 == 0 ? Workload.floor : variant
                let second = pair % 2 == 0 ? variant : Workload.floor
                let one = try first.seconds(requests: requests)
                let two = try second.seconds(requests: requests)
                let (floor, own) = pair % 2 == 0 ? (one, two) : (two, one)
                ratios.append(floor / own)
                rates.append(Double(requests) / own)
                floors.append(Double(requests) / floor)
            }
            ratios.sort()
            let cells = [
                pad(variant.rawValue, 14, left: false), pad(whole(median(rates)), 12),
                pad(whole(median(floors)), 12), pad(fixed(median(ratios)), 7),
            ]
            print(
                cells.joined(separator: "  ")
                    + "  (\(fixed(ratios[0])) to \(fixed(ratios[ratios.count - 1])))")
        }
    }

    private func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }
    private func whole(_ value: Double) -> String { "\(Int(value))" }
    private func fixed(_ value: Double) -> String {
        let hundredths = Int((value * 100).rounded())
        return "\(hundredths / 100).\(hundredths % 100 < 10 ? "0" : "")\(hundredths % 100)"
    }
    private func pad(_ text: String, _ width: Int, left: Bool = true) -> String {
        let padding = String(repeating: " ", count: max(0, width - text.count))
        return left ? padding + text : text + padding
    }
}

/// Measures how many exchanges per second cross real sockets in virtual time.
struct Wire: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Flights in memory and over sockets by turns; requests a second of each.")

    @Option(help: "Requests a flight.") var requests: UInt64 = 100_000
    @Option(help: "Pairs; the medians are of these.") var pairs = 5

    func run() throws {
        _ = try Workload.wire.seconds(requests: requests / 10)
        var memory: [Double] = []
        var wire: [Double] = []
        for _ in 0..<pairs {
            memory.append(Double(requests) / (try Workload.untraced.seconds(requests: requests)))
            wire.append(Double(requests) / (try Workload.wire.seconds(requests: requests)))
        }
        wire.sort()
        print(
            "wire  \(Int(wire[wire.count / 2])) requests/s (\(Int(wire[0])) to "
                + "\(Int(wire[wire.count - 1]))); in memory \(Int(memory.sorted()[memory.count / 2]))/s"
        )
    }
}

/// Runs one variant once, for a profiler.
struct Once: ParsableCommand {
    @Argument var variant: Workload
    @Option(help: "Requests.") var requests: UInt64 = 100_000
    @Flag(help: "Print processor time a request and the most memory that was in use.")
    var usage = false

    func run() throws {
        _ = try variant.seconds(requests: requests)
        guard usage else { return }
        let usage = ResourceUsage.now
        print(
            "\(variant.rawValue)  \(requests) requests  "
                + "\(Int(usage.processorSeconds / Double(requests) * 1e9)) ns a request, all threads  "
                + "\(usage.peakBytes >> 20) MiB at the most")
    }
}

extension Workload: ExpressibleByArgument {}
