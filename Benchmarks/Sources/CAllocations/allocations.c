#include "allocations.h"

#include <stddef.h>

// Counts the allocations of the program that links this file. Its functions replace those of the C
// library with the same names and call the library's under their other names, which glibc exports.
#ifdef __GLIBC__
#include <errno.h>

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *memory, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);

// The initial-exec model is used because the general one may allocate at a thread's first access.
static _Thread_local uint64_t count __attribute__((tls_model("initial-exec")));

uint64_t allocations_count(void) { return count; }

void *malloc(size_t size) {
    count++;
    return __libc_malloc(size);
}

void *calloc(size_t number, size_t size) {
    count++;
    return __libc_calloc(number, size);
}

void *realloc(void *memory, size_t size) {
    count++;
    return __libc_realloc(memory, size);
}

void *memalign(size_t alignment, size_t size) {
    count++;
    return __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
    count++;
    return __libc_memalign(alignment, size);
}

int posix_memalign(void **memory, size_t alignment, size_t size) {
    count++;
    void *found = __libc_memalign(alignment, size);
    if (!found) return ENOMEM;
    *memory = found;
    return 0;
}
#else
uint64_t allocations_count(void) { return 0; }
#endif
