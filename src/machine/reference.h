/* The reference loop: independent multiply-adds in registers, on as many threads as the measurement beside
 * which it runs. It tells how fast the processor could have been in those milliseconds. On a shared machine
 * that changes from one second to the next. */
#ifndef GM_MACHINE_REFERENCE_H
#define GM_MACHINE_REFERENCE_H

#include <gradmill/array.h>
#include <gradmill/status.h>
#include <stddef.h>

typedef struct gm_reference gm_reference;

/* threads >= 1. GM_LIMIT: no threads or no memory; *reference is NULL then. */
gm_status gm_reference_create(gm_reference **reference, gm_precision precision, size_t threads,
                              gm_error *error);
void gm_reference_destroy(gm_reference *reference); /* NULL is fine */

/* FLOP/s of all threads together, two operations a multiply-add, on the widest vectors that the CPU has: the
 * best of some runs, which take about `seconds` together and a millisecond at least. */
double gm_reference_flops(gm_reference *reference, double seconds);

#endif
