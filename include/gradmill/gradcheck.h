/* BP1 to BP4 against central differences, in f64:
 *     dC/dw ~ (C(w + h) - C(w - h)) / 2h,  h = cbrt(machine epsilon) * max(1, |w|). */
#ifndef GRADMILL_GRADCHECK_H
#define GRADMILL_GRADCHECK_H

#include <gradmill/engine.h>
#include <gradmill/status.h>
#include <stdint.h>

GM_BEGIN_DECLS

typedef struct gm_gradcheck {
    size_t checked;     /* parameters compared */
    double worst_error; /* |a - b| / max(|a| + |b|, floor): the largest */
    size_t worst_index; /* in the parameter block */
    size_t worst_layer; /* from 0 */
    bool worst_is_bias;
    size_t worst_row, worst_col; /* of W; for b the row */
    double analytic, numeric;    /* of the worst one */
    bool passed;                 /* worst_error < tolerance */
    double reserved[4];          /* 0 */
} gm_gradcheck;

typedef struct gm_gradcheck_options {
    size_t size;      /* of this struct, which gm_gradcheck_options_default sets */
    double tolerance; /* default 1e-6 */
    size_t samples;   /* parameters to check, spread over all layers; 0 = all; default 0 */
    uint64_t seed;    /* of the draw when samples is given; default 1 */
} gm_gradcheck_options;

GM_API void gm_gradcheck_options_fill(gm_gradcheck_options *options, size_t size);
static inline gm_gradcheck_options gm_gradcheck_options_default(void)
{
    gm_gradcheck_options options;
    gm_gradcheck_options_fill(&options, sizeof options);
    return options;
}

/* Compares gm_engine_gradient with differences of gm_engine_loss on the batch x, y. The network must be f64
 * (GM_USAGE otherwise); its parameters are as before on return. A failed check is not an error of the call:
 * look at result->passed. */
GM_API gm_status gm_gradcheck_run(gm_engine *engine, gm_array x, gm_array y,
                                  const gm_gradcheck_options *options, gm_gradcheck *result, gm_error *error);

GM_END_DECLS

#endif
