#ifndef BENCHMARKS_ALLOCATIONS_H
#define BENCHMARKS_ALLOCATIONS_H

#include <stdint.h>

/// The number of times the calling thread has called `malloc`, `calloc`, `realloc`, `memalign`,
/// `aligned_alloc` or `posix_memalign`. It is always 0 if the C library is not glibc.
uint64_t allocations_count(void);

#endif
