#include "task_hooks.h"

// The runtime exports these variables for exactly this purpose. They are named here as externs, not
// looked up with dlsym: that fails where the standard library is linked statically.
#define SWIFT __attribute__((swiftcall))

typedef SWIFT void (*original_global)(void *job);
typedef SWIFT void (*original_delayed)(unsigned long long delay, void *job);

extern SWIFT void (*swift_task_enqueueGlobal_hook)(void *job, original_global original);
extern SWIFT void (*swift_task_enqueueGlobalWithDelay_hook)(
    unsigned long long delay, void *job, original_delayed original);
extern SWIFT void (*swift_task_enqueueMainExecutor_hook)(void *job, original_global original);

// What the runtime calls SerialExecutorRef.
typedef struct { void *identity; uintptr_t implementation; } executor_ref;
typedef SWIFT executor_ref (*original_main)(void);

extern SWIFT executor_ref (*swift_task_getMainExecutor_hook)(original_main original);

static _Thread_local void *current;
static _Bool (*reporter)(void *, int32_t, void *);

void *task_hooks_current(void) { return current; }

void task_hooks_set_current(void *simulation) { current = simulation; }

static SWIFT void on_global(void *job, original_global original) {
    if (current && reporter(current, task_hooks_global, job)) return;
    original(job);
}

static SWIFT void on_delayed(unsigned long long delay, void *job, original_delayed original) {
    if (current) reporter(current, task_hooks_delayed, 0);
    original(delay, job);
}

static SWIFT void on_main(void *job, original_global original) {
    if (current) reporter(current, task_hooks_main, 0);
    original(job);
}

// Since Swift 6.2 the main executor is an object like any other, whose enqueue no hook sees. But who
// is about to hop to it asks for it first.
static SWIFT executor_ref on_get_main(original_main original) {
    if (current) reporter(current, task_hooks_main, 0);
    return original();
}

extern SWIFT void swift_job_run(void *job, executor_ref executor);

// The executor that is nobody's in particular, which has no name in Swift: what stays on it switches to
// nothing.
void task_hooks_run(void *job) { swift_job_run(job, (executor_ref){0, 0}); }

void task_hooks_install(_Bool (*report)(void *, int32_t, void *)) {
    reporter = report;
    swift_task_enqueueGlobal_hook = on_global;
    swift_task_enqueueGlobalWithDelay_hook = on_delayed;
    swift_task_enqueueMainExecutor_hook = on_main;
    swift_task_getMainExecutor_hook = on_get_main;
}
