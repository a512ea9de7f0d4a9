/// A fixed list of objects that are looked up many times per request.
///
/// Reading an array's element retains it, which costs about as much as the work done with it. The roster keeps
/// its members alive, so a lookup here changes no reference count.
@safe struct Roster<Member: AnyObject>: ~Copyable {
    let members: [Member]
    private let places: UnsafeMutablePointer<Unmanaged<Member>>

    init(_ members: [Member]) {
        self.members = members
        unsafe places = .allocate(capacity: max(1, members.count))
        for (index, member) in members.enumerated() {
            unsafe (places + index).initialize(to: .passUnretained(member))
        }
    }

    deinit { unsafe places.deallocate() }

    /// Calls `body` with the member at `index`, which must be within the roster.
    @inline(__always) func look<Result>(at index: Int, _ body: (Member) -> Result) -> Result {
        precondition(index < members.count, "there is no member \(index)")
        return unsafe places[index]._withUnsafeGuaranteedRef(body)
    }
}
