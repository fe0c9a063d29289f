/* One equation of one layer on one backend, called through the backend's table as an engine calls it. It can
 * be checked and timed. */
#ifndef GM_BENCH_CASES_EQUATION_H
#define GM_BENCH_CASES_EQUATION_H

#include <gradmill/engine.h>

struct gm_equation_case; /* of one precision or the other: equation_tmpl.c */

typedef struct gm_equation_size {
    size_t n, in, out; /* rows of the batch, inputs and outputs of the layer */
} gm_equation_size;

typedef struct gm_equation_kit {
    /* Random operands for GM_FORWARD, GM_HIDDEN_DELTA, GM_BIAS_GRADIENT or GM_WEIGHT_GRADIENT. NULL on
     * failure. GM_LIMIT: no memory; GM_USAGE: there is no such backend; else why the BLAS library cannot be
     * loaded. */
    struct gm_equation_case *(*create)(gm_equation equation, const char *backend, gm_equation_size size,
                                       gm_error *error);
    void (*destroy)(struct gm_equation_case *);
    /* For gm_candidate. */
    gm_status (*run)(void *equation_case, size_t iterations, gm_error *error);
    /* Computes the product C = A B once, and checks it with a random vector t, by C t = A (B t), in O(size^2)
     * operations. Allocates nothing. Returns the largest error, divided by the error that rounding can cause;
     * a result of at most 1 is right. C is NaN at first, because with beta = 0 it must be overwritten. */
    double (*residual)(struct gm_equation_case *);
} gm_equation_kit;

extern const gm_equation_kit gm_equation_kit_f32, gm_equation_kit_f64;

#endif
