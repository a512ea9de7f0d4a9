/// One value in memory of its own, for a class to keep what it changes many times a request.
///
/// The runtime checks each change of a class's variable that the compiler cannot see through, such as
/// one of an array in it, for another one under way; a request would pay more for that than for all
/// that is counted. Behind a pointer nobody checks. So whoever has a cell is confined to one thread and
/// calls nobody back from within a change.
@safe struct Cell<Value: ~Copyable>: ~Copyable {
    private let place: UnsafeMutablePointer<Value>

    init(_ value: consuming Value) {
        unsafe place = .allocate(capacity: 1)
        unsafe place.initialize(to: value)
    }

    deinit {
        unsafe place.deinitialize(count: 1)
        unsafe place.deallocate()
    }

    var value: Value {
        @inline(__always) _read { yield unsafe place.pointee }
        @inline(__always) nonmutating _modify { yield unsafe &place.pointee }
    }
}
