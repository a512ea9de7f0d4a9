#include "foreign_hooks.h"

#define SWIFT __attribute__((swiftcall))

typedef SWIFT void (*original_global)(void *job);
typedef SWIFT void (*original_delayed)(unsigned long long delay, void *job);
typedef SWIFT void (*global_hook)(void *job, original_global original);
typedef SWIFT void (*delayed_hook)(unsigned long long delay, void *job, original_delayed original);
typedef struct { void *identity; uintptr_t implementation; } executor_ref;
typedef SWIFT executor_ref (*original_main)(void);
typedef SWIFT executor_ref (*main_hook)(original_main original);

extern global_hook swift_task_enqueueGlobal_hook;
extern delayed_hook swift_task_enqueueGlobalWithDelay_hook;
extern global_hook swift_task_enqueueMainExecutor_hook;
extern main_hook swift_task_getMainExecutor_hook;

static global_hook earlier_global;
static delayed_hook earlier_delayed;
static global_hook earlier_enqueue_main;
static main_hook earlier_get_main;

static _Atomic int64_t calls[foreign_hooks_count];

static SWIFT void on_global(void *job, original_global original) {
    calls[foreign_hooks_global]++;
    if (earlier_global) earlier_global(job, original);
    else original(job);
}

static SWIFT void on_delayed(unsigned long long delay, void *job, original_delayed original) {
    calls[foreign_hooks_delayed]++;
    if (earlier_delayed) earlier_delayed(delay, job, original);
    else original(delay, job);
}

static SWIFT void on_enqueue_main(void *job, original_global original) {
    calls[foreign_hooks_enqueue_main]++;
    if (earlier_enqueue_main) earlier_enqueue_main(job, original);
    else original(job);
}

static SWIFT executor_ref on_get_main(original_main original) {
    calls[foreign_hooks_get_main]++;
    return earlier_get_main ? earlier_get_main(original) : original();
}

void foreign_hooks_install(void) {
    earlier_global = swift_task_enqueueGlobal_hook;
    earlier_delayed = swift_task_enqueueGlobalWithDelay_hook;
    earlier_enqueue_main = swift_task_enqueueMainExecutor_hook;
    earlier_get_main = swift_task_getMainExecutor_hook;
    swift_task_enqueueGlobal_hook = on_global;
    swift_task_enqueueGlobalWithDelay_hook = on_delayed;
    swift_task_enqueueMainExecutor_hook = on_enqueue_main;
    swift_task_getMainExecutor_hook = on_get_main;
}

int64_t foreign_hooks_calls(int32_t hook) { return calls[hook]; }

static _Thread_local int64_t reached;

static SWIFT void nothing(void *job) { reached++; }

static SWIFT void nothing_later(unsigned long long delay, void *job) { reached++; }

static SWIFT executor_ref nowhere(void) {
    reached++;
    return (executor_ref){0, 0};
}

int64_t foreign_hooks_fire(int32_t hook) {
    reached = 0;
    switch (hook) {
    case foreign_hooks_global: swift_task_enqueueGlobal_hook(0, nothing); break;
    case foreign_hooks_delayed: swift_task_enqueueGlobalWithDelay_hook(1, 0, nothing_later); break;
    case foreign_hooks_enqueue_main: swift_task_enqueueMainExecutor_hook(0, nothing); break;
    case foreign_hooks_get_main: swift_task_getMainExecutor_hook(nowhere); break;
    }
    return reached;
}
