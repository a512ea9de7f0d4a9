import Synchronization

/// A planted race: the lock protects only one of two counters, but every closure passed to
/// `withLock` changes both. ThreadSanitizer must report it.
final class Counter: @unchecked Sendable {
    let lock = Mutex(0)
    let otherLock = Mutex(0)
    var value = 0
}

@main struct Program {
    static func main() async {
        let counter = Counter()
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<4 {
                group.addTask {
                    for _ in 0..<10_000 {
                        if number.isMultiple(of: 2) {
                            counter.lock.withLock { $0 += 1; counter.value += 1 }
                        } else {
                            counter.otherLock.withLock { $0 += 1; counter.value += 1 }
                        }
                        await Task.yield()
                    }
                }
            }
        }
        print(counter.value > 0)
    }
}
