/// A planted race: no lock protects the counter. ThreadSanitizer must report it.
final class Counter: @unchecked Sendable {
    var value = 0
}

@main struct Program {
    static func main() async {
        let counter = Counter()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    for _ in 0..<10_000 {
                        counter.value += 1
                        await Task.yield()
                    }
                }
            }
        }
        print(counter.value > 0)
    }
}
