/* The inner loops by which the arithmetic peak is measured, one for each instruction set. */
#ifndef GM_MACHINE_FMA_CHAINS_H
#define GM_MACHINE_FMA_CHAINS_H

#include <gradmill/array.h>
#include <stddef.h>

/* Does `rounds` passes of fused multiply-adds and returns a sum. The caller must use the sum, so that the
 * compiler cannot remove the loop. */
typedef double gm_fma_loop(size_t rounds);

typedef struct gm_fma_chains {
    gm_fma_loop *run;
    double flop; /* of one pass */
} gm_fma_chains;

#define GM_MOST_CHAINS 3

/* The loops that this CPU can run, narrow vectors first; returns how many, at most GM_MOST_CHAINS. */
size_t gm_fma_chains_list(gm_precision precision, gm_fma_chains *list);

/* The loop for the widest vectors of this CPU. */
gm_fma_chains gm_fma_chains_of(gm_precision precision);

#endif
