/* `gradmill bench` without a case: in some seconds, naive loops against BLAS for one wide and one narrow
 * step. */
#ifndef GM_BENCH_TOUR_H
#define GM_BENCH_TOUR_H

#include <gradmill/status.h>
#include <stdio.h>

gm_status gm_bench_tour(FILE *out, gm_error *error);

#endif
