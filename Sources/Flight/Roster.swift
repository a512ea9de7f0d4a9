/// Objects in a fixed order that live as long as the roster, to be looked up many times a request.
///
/// An array's element is retained for each look at it, which costs as much as what is then done with it.
/// Here the roster itself keeps its members alive, and a look counts nothing.
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

    /// Looks at the member at a place, which is one of the roster's.
    @inline(__always) func look<Result>(at index: Int, _ body: (Member) -> Result) -> Result {
        precondition(index < members.count, "there is no member \(index)")
        return unsafe places[index]._withUnsafeGuaranteedRef(body)
    }
}
