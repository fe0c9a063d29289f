/* The reference loop: independent multiply-adds in registers, on as many threads as the measurement that it
 * accompanies. Run just before or after a measurement, it shows how fast the processor could compute at that
 * moment. On a shared machine this speed changes from one second to the next. */
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

/* FLOP/s of all threads together, on the widest vectors that the CPU has. A multiply-add counts as two
 * operations. The result is the best of five runs, which together take about `seconds`, and at least a
 * millisecond. */
double gm_reference_flops(gm_reference *reference, double seconds);

#endif
