/* Reads CLOCK_MONOTONIC. */
#include "base/clock.h"

#include <time.h>

uint64_t gm_clock(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec;
}

double gm_clock_seconds(uint64_t from, uint64_t to)
{
    return (double)(to - from) * 1e-9;
}
