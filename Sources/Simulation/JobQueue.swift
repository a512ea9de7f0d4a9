/// The jobs that are ready to run, in the order in which they became ready: a ring buffer that
/// grows.
@safe struct JobQueue: ~Copyable {
    private var jobs: UnsafeMutablePointer<UnownedJob>
    private var mask: Int
    private var head = 0
    private var count = 0

    init() {
        mask = 255
        unsafe jobs = .allocate(capacity: mask + 1)
    }

    // Remaining jobs belong to tasks that are never resumed; the runtime owns them, not this
    // buffer.
    deinit { unsafe jobs.deallocate() }

    var isEmpty: Bool { count == 0 }

    mutating func append(_ job: UnownedJob) {
        if count > mask { grow() }
        unsafe (jobs + ((head + count) & mask)).initialize(to: job)
        count += 1
    }

    mutating func popFirst() -> UnownedJob? {
        guard count > 0 else { return nil }
        let job = unsafe (jobs + head).move()
        head = (head + 1) & mask
        count -= 1
        return job
    }

    private mutating func grow() {
        let larger = UnsafeMutablePointer<UnownedJob>.allocate(capacity: 2 * (mask + 1))
        let untilWrap = min(count, mask + 1 - head)
        unsafe larger.moveInitialize(from: jobs + head, count: untilWrap)
        unsafe (larger + untilWrap).moveInitialize(from: jobs, count: count - untilWrap)
        unsafe jobs.deallocate()
        unsafe jobs = larger
        mask = 2 * mask + 1
        head = 0
    }
}
