#include <stddef.h>
#include <stdint.h>

// libFuzzer's entry point for programs with their own main. No header of the toolchain declares it.
int LLVMFuzzerRunDriver(int *argc, char ***argv,
                        int (*one_input)(const uint8_t *bytes, size_t count));

// glibc's header declares it only under _GNU_SOURCE, which Swift does not define.
int memfd_create(const char *name, unsigned int flags);
