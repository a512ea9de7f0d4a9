/* Prints the number of arguments and a hash of libm's exp over them. If the hash is the same with and
   without the processor's FMA, a run under `GLIBC_TUNABLES` proves nothing, see dev/determinism. */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

int main(void) {
    const int count = 200000;
    uint64_t hash = 0xcbf29ce484222325u;
    for (int i = 0; i < count; i++) {
        /* From -20 to 20. It is volatile, so that the compiler cannot compute the result. */
        volatile double x = (i - count / 2) * 0.0002;
        double y = exp(x);
        uint64_t bits;
        memcpy(&bits, &y, sizeof bits);
        hash = (hash ^ bits) * 0x100000001b3u;
    }
    printf("%d %016llx\n", count, (unsigned long long)hash);
    return 0;
}
