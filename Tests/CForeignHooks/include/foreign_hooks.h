#ifndef WINDTUNNEL_FOREIGN_HOOKS_H
#define WINDTUNNEL_FOREIGN_HOOKS_H

#include <stdint.h>

/// The hooks of Swift's concurrency runtime that a simulation uses.
enum {
    foreign_hooks_global,
    foreign_hooks_delayed,
    foreign_hooks_enqueue_main,
    foreign_hooks_get_main,
    foreign_hooks_count
};

/// Installs hooks as another library would: each counts its calls, and hands on to the hook that was
/// there before or else to the runtime's own function. To be called once a process.
void foreign_hooks_install(void);

/// How often these hooks were called.
int64_t foreign_hooks_calls(int32_t hook);

/// Calls what stands in the runtime's variable, as the runtime does, but with a function of its own
/// that does nothing. Returns how often that function was called meanwhile.
int64_t foreign_hooks_fire(int32_t hook);

#endif
