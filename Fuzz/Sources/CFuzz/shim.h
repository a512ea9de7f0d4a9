#include <stddef.h>
#include <stdint.h>

// What libFuzzer offers to programs with a main of their own. No header of the toolchain has it.
int LLVMFuzzerRunDriver(int *argc, char ***argv,
                        int (*one_input)(const uint8_t *bytes, size_t count));

// glibc's header has it only under _GNU_SOURCE, which Swift does not define.
int memfd_create(const char *name, unsigned int flags);
