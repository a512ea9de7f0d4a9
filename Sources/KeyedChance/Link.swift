// `squareRoot()` compiles to the processor's instruction and, for negative numbers, a call of the C
// library's `sqrt`. On Linux that requires linking libm, which importing Glibc does. The import is
// in a file of its own, so that no other file of this module sees Glibc's `exp` and `log`.
#if canImport(Glibc)
    import Glibc
#endif
