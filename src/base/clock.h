/* The clock of training reports, profiles and benchmarks: CLOCK_MONOTONIC. No other clock is used for them.
 */
#ifndef GM_BASE_CLOCK_H
#define GM_BASE_CLOCK_H

#include <stdint.h>

/* Nanoseconds since some fixed moment; never goes back. */
uint64_t gm_clock(void);

/* The seconds from one reading of gm_clock to a later one. */
double gm_clock_seconds(uint64_t from, uint64_t to);

#endif
