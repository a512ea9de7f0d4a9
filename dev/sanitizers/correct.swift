import Synchronization

/// A correct program: four tasks count under a lock. ThreadSanitizer must report nothing.
final class Counter: Sendable {
    let value = Mutex(0)
}

@main struct Program {
    static func main() async {
        let counter = Counter()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    for _ in 0..<10_000 {
                        counter.value.withLock { $0 += 1 }
                        await Task.yield()
                    }
                }
            }
        }
        print(counter.value.withLock { $0 })
    }
}
