#ifndef BENCHMARKS_ALLOCATIONS_H
#define BENCHMARKS_ALLOCATIONS_H

#include <stdint.h>

/// How often the calling thread has asked for memory: calls of `malloc`, `calloc`, `realloc`,
/// `memalign`, `aligned_alloc` and `posix_memalign`. Always 0 where the C library is not glibc.
uint64_t allocations_count(void);

#endif
