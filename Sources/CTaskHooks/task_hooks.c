#include "task_hooks.h"

#include <stdatomic.h>

// The runtime exports these variables for exactly this purpose. They are named here as externs, not
// looked up with dlsym: that fails where the standard library is linked statically.
#define SWIFT __attribute__((swiftcall))

typedef SWIFT void (*original_global)(void *job);
typedef SWIFT void (*original_delayed)(unsigned long long delay, void *job);

typedef SWIFT void (*global_hook)(void *job, original_global original);
typedef SWIFT void (*delayed_hook)(unsigned long long delay, void *job, original_delayed original);

extern global_hook swift_task_enqueueGlobal_hook;
extern delayed_hook swift_task_enqueueGlobalWithDelay_hook;
extern global_hook swift_task_enqueueMainExecutor_hook;

// What the runtime calls SerialExecutorRef.
typedef struct { void *identity; uintptr_t implementation; } executor_ref;
typedef SWIFT executor_ref (*original_main)(void);
typedef SWIFT executor_ref (*main_hook)(original_main original);

extern main_hook swift_task_getMainExecutor_hook;

static _Thread_local void *current;
static _Bool (*reporter)(void *, int32_t, void *);

// The hooks of other libraries that were installed before; null where there was none. What a
// simulation does not take goes on to them, with the runtime's own function.
static global_hook earlier_global;
static delayed_hook earlier_delayed;
static global_hook earlier_enqueue_main;
static main_hook earlier_get_main;

// Other threads may be inside the runtime while the hooks are installed. A hook is stored behind the
// earlier one that it calls, so a thread that sees the hook also sees that.
#define EARLIER(hook) __atomic_load_n(&hook, __ATOMIC_ACQUIRE)

void *task_hooks_current(void) { return current; }

void task_hooks_set_current(void *simulation) { current = simulation; }

static SWIFT void on_global(void *job, original_global original) {
    if (current && reporter(current, task_hooks_global, job)) return;
    global_hook earlier = EARLIER(earlier_global);
    if (earlier) earlier(job, original);
    else original(job);
}

static SWIFT void on_delayed(unsigned long long delay, void *job, original_delayed original) {
    if (current) reporter(current, task_hooks_delayed, 0);
    delayed_hook earlier = EARLIER(earlier_delayed);
    if (earlier) earlier(delay, job, original);
    else original(delay, job);
}

static SWIFT void on_enqueue_main(void *job, original_global original) {
    if (current) reporter(current, task_hooks_main, 0);
    global_hook earlier = EARLIER(earlier_enqueue_main);
    if (earlier) earlier(job, original);
    else original(job);
}

// Since Swift 6.2 the main executor is an object like any other, whose enqueue no hook sees. But who
// is about to hop to it asks for it first.
static SWIFT executor_ref on_get_main(original_main original) {
    if (current) reporter(current, task_hooks_main, 0);
    main_hook earlier = EARLIER(earlier_get_main);
    return earlier ? earlier(original) : original();
}

extern SWIFT void swift_job_run(void *job, executor_ref executor);

// The executor that is nobody's in particular, which has no name in Swift: what stays on it switches to
// nothing.
void task_hooks_run(void *job) { swift_job_run(job, (executor_ref){0, 0}); }

// Puts `ours` in the runtime's variable and what stood there in `earlier`, even if another library
// installs its hook at the same moment: then what that one wrote is what stood there.
#define CHAIN(variable, ours, earlier)                                                            \
    do {                                                                                          \
        __typeof__(variable) found = __atomic_load_n(&variable, __ATOMIC_ACQUIRE);                \
        do __atomic_store_n(&earlier, found, __ATOMIC_RELEASE);                                   \
        while (!__atomic_compare_exchange_n(                                                      \
            &variable, &found, ours, 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE));                     \
    } while (0)

_Bool task_hooks_install(_Bool (*report)(void *, int32_t, void *)) {
    // A second time, a hook would find itself, or one that calls it, and call that for ever.
    static atomic_flag is_installed = ATOMIC_FLAG_INIT;
    if (atomic_flag_test_and_set(&is_installed)) return 0;
    reporter = report;
    CHAIN(swift_task_enqueueGlobal_hook, on_global, earlier_global);
    CHAIN(swift_task_enqueueGlobalWithDelay_hook, on_delayed, earlier_delayed);
    CHAIN(swift_task_enqueueMainExecutor_hook, on_enqueue_main, earlier_enqueue_main);
    CHAIN(swift_task_getMainExecutor_hook, on_get_main, earlier_get_main);
    return 1;
}
