import CFuzz
import Synchronization

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Gives `parse` what the fuzzer makes up, as the command line's options say, and ends the program.
///
/// A main of our own: SwiftPM makes a module's own entry the program's, so libFuzzer's main, which
/// looks for a function of a certain name, is never linked.
public func fuzz(_ parse: @escaping @Sendable ([UInt8]) -> Void) -> Never {
    target.withLock { $0 = Target(parse: parse) }
    var count = CommandLine.argc
    var arguments = unsafe CommandLine.unsafeArgv
    // libFuzzer may replace the list, but not the texts in it.
    let code = unsafe withUnsafeMutablePointer(to: &arguments) { arguments in
        unsafe arguments.withMemoryRebound(
            to: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?.self, capacity: 1
        ) { arguments in
            unsafe LLVMFuzzerRunDriver(&count, arguments, oneInput)
        }
    }
    exit(code)
}

/// Ends the run, which keeps the input, where what must hold does not.
///
/// Not `precondition`: an optimised build would leave out the words.
public func require(_ holds: Bool, _ words: @autoclosure () -> String) {
    if !holds { fatalError(words()) }
}

/// In a structure: a bare closure would be wrapped once more at every access, since the lock is
/// generic, and each run would be slower than the one before.
private struct Target {
    var parse: @Sendable ([UInt8]) -> Void
}

/// What C calls has no context of its own.
private let target = Mutex(Target { _ in })

private func oneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let input = unsafe Array(UnsafeBufferPointer(start: start, count: count))
    target.withLock { $0 }.parse(input)
    return 0
}
