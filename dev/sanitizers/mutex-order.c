// Tells ThreadSanitizer in which order a contended Mutex of the standard library is held.
//
// The fast path of Mutex is inlined into the program, where ThreadSanitizer sees it. A thread that must
// wait goes through the three functions below, which are in a library that is not instrumented. What
// happened before the unlock then seems to race with what happens after the lock, so a correct program
// that counts under a Mutex is reported. The functions here replace them (LD_PRELOAD), do the same, and
// tell ThreadSanitizer about it. Races that no lock orders are still reported.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define SWIFT __attribute__((swiftcall))
#define SELF __attribute__((swift_context))

// Functions of the sanitizer's runtime. They are missing in programs that were built without it.
__attribute__((weak)) void __tsan_acquire(void *);
__attribute__((weak)) void __tsan_release(void *);

static void *next(const char *name) {
    void *function = dlsym(RTLD_NEXT, name);
    if (function == NULL) {
        fprintf(stderr, "mutex-order: the standard library has no %s\n", name);
        abort();
    }
    return function;
}

SWIFT void lock_slow(uint32_t thread, SELF void *self)
    __asm__("$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF");
SWIFT void lock_slow(uint32_t thread, SELF void *self) {
    typedef SWIFT void function(uint32_t, SELF void *);
    ((function *)next("$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"))(thread, self);
    if (__tsan_acquire) __tsan_acquire(self);
}

SWIFT bool try_lock_slow(SELF void *self)
    __asm__("$s15Synchronization12_MutexHandleV12_tryLockSlowSbyF");
SWIFT bool try_lock_slow(SELF void *self) {
    typedef SWIFT bool function(SELF void *);
    bool has = ((function *)next("$s15Synchronization12_MutexHandleV12_tryLockSlowSbyF"))(self);
    if (has && __tsan_acquire) __tsan_acquire(self);
    return has;
}

SWIFT void unlock_slow(SELF void *self)
    __asm__("$s15Synchronization12_MutexHandleV11_unlockSlowyyF");
SWIFT void unlock_slow(SELF void *self) {
    typedef SWIFT void function(SELF void *);
    if (__tsan_release) __tsan_release(self);
    ((function *)next("$s15Synchronization12_MutexHandleV11_unlockSlowyyF"))(self);
}
