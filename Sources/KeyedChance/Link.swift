// `squareRoot()` compiles to the processor's instruction and, for negative numbers, a call of the
// C library's `sqrt`. On Linux that needs libm at link time, which importing Glibc asks for. It
// stands in a file of its own so that no other file of this module sees Glibc's `exp` and `log`.
#if canImport(Glibc)
    import Glibc
#endif
