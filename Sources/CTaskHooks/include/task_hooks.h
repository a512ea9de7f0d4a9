#ifndef WINDTUNNEL_TASK_HOOKS_H
#define WINDTUNNEL_TASK_HOOKS_H

#include <stdint.h>

/// Where a job of Swift's concurrency runtime was about to go.
enum { task_hooks_global = 1, task_hooks_delayed = 2, task_hooks_main = 3 };

/// The simulation that the calling thread is running, or null.
void *task_hooks_current(void);

/// Says which simulation the calling thread is running; null for none.
void task_hooks_set_current(void *simulation);

/// Installs the hooks of the runtime, for as long as the process lives. `report` is called, on the thread
/// that enqueues, whenever a job leaves a simulation's thread for one of the runtime's own executors;
/// `job` is null where that is not the global one. A job that it answers to have taken goes no further.
/// Other threads pay for one thread-local read and one load.
///
/// The runtime has one variable for each hook. A hook of another library that is there already is kept:
/// everything that no simulation takes is handed to it, with the runtime's own function. A library that
/// installs its hook later must do the same with ours. If it does not, jobs that leave a simulation
/// are no longer noticed, and the simulation stalls instead of saying what left.
///
/// Returns whether the hooks were installed: false from the second call on, which does nothing.
_Bool task_hooks_install(_Bool (*report)(void *simulation, int32_t destination, void *job));

/// The runtime's function of the same name.
__attribute__((swiftcall)) void *swift_task_getCurrent(void);

/// The task that the calling thread is running, or null outside of tasks; to be compared, not used.
static inline const void *task_hooks_current_task(void) { return swift_task_getCurrent(); }

/// Runs a job that was taken on its way to the global executor, on the calling thread.
void task_hooks_run(void *job);

#endif
