import CFuzz
import Synchronization

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Runs libFuzzer with the options of the command line, calls `parse` for each input, and ends the
/// program.
///
/// libFuzzer's own `main` calls a function with a fixed name. SwiftPM makes the module's entry
/// point the program's, so libFuzzer's `main` is never linked and this function starts the driver
/// instead.
public func fuzz(_ parse: @escaping @Sendable ([UInt8]) -> Void) -> Never {
    target.withLock { $0 = Target(parse: parse) }
    var count = CommandLine.argc
    var arguments = unsafe CommandLine.unsafeArgv
    // libFuzzer may replace the list of arguments, but not the texts in it.
    let code = unsafe withUnsafeMutablePointer(to: &arguments) { arguments in
        unsafe arguments.withMemoryRebound(
            to: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?.self, capacity: 1
        ) { arguments in
            unsafe LLVMFuzzerRunDriver(&count, arguments, oneInput)
        }
    }
    exit(code)
}

/// Ends the run if a condition does not hold. libFuzzer then stores the input.
///
/// `precondition` is not used, because an optimised build omits its message.
public func require(_ holds: Bool, _ words: @autoclosure () -> String) {
    if !holds { fatalError(words()) }
}

/// The closure is wrapped in a structure. The lock is generic, so a bare closure would be wrapped
/// again at every access, and each run would be slower than the one before.
private struct Target {
    var parse: @Sendable ([UInt8]) -> Void
}

/// A C function pointer has no context, so the closure is a global.
private let target = Mutex(Target { _ in })

private func oneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let input = unsafe Array(UnsafeBufferPointer(start: start, count: count))
    target.withLock { $0 }.parse(input)
    return 0
}
