/// A value in separately allocated memory, for class properties that change many times per request.
///
/// Swift checks at run time that accesses to a class's stored property do not overlap, unless the compiler can
/// prove it. Per request these checks would cost more than all counting. Access through a pointer is not
/// checked. So an owner of a cell must stay on one thread and must not call other code from within a mutation.
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
