/* A learning-rate range test (Smith 2017, "Cyclical learning rates for training neural networks", section
 * 3.3): the rate grows by the same factor with every step, from so small that nothing is learned to so large
 * that training falls apart. The loss along the way tells which rates are worth trying. */
#ifndef GRADMILL_FIND_RATE_H
#define GRADMILL_FIND_RATE_H

#include <gradmill/engine.h>
#include <gradmill/row_source.h>
#include <gradmill/status.h>

GM_BEGIN_DECLS

typedef struct gm_find_rate_options {
    size_t size;            /* of this struct, which gm_find_rate_options_default sets */
    double lowest, highest; /* 0 < lowest < highest; default 1e-7 and 10 */
    size_t steps;           /* from the one to the other, >= 10; default 100 */
    size_t accumulate;      /* batches that make a step, as in gm_train_options; default 1 */
} gm_find_rate_options;

GM_API void gm_find_rate_options_fill(gm_find_rate_options *options, size_t size);
static inline gm_find_rate_options gm_find_rate_options_default(void)
{
    gm_find_rate_options options;
    gm_find_rate_options_fill(&options, sizeof options);
    return options;
}

typedef struct gm_rate_point {
    double rate;     /* of this step */
    double loss;     /* of its rows, before its update; in the units of the data */
    double smoothed; /* mean of the losses so far, in which a loss weighs 0.9 times as much as the next one */
} gm_rate_point;

typedef struct gm_rate_curve {
    gm_rate_point *points; /* owned: gm_rate_curve_clear */
    size_t count;          /* fewer than the steps if the loss grew too large: the test ends early */
    size_t lowest;         /* the point with the smallest smoothed loss, from 0 */
    double suggestion;     /* a tenth of its rate; NaN: no rate made the loss clearly smaller */
    double reserved[4];    /* 0 */
} gm_rate_curve;

GM_API void gm_rate_curve_clear(gm_rate_curve *curve);

/* Takes the steps of a range test, on the rows of as many epochs as are needed. The test ends when the
 * smoothed loss is four times as large as its smallest value, or not finite. Steps have the dropout and the
 * bounds of gradients that the engine has. Afterwards the network, what the optimizer keeps, the averaged
 * weights, the number of steps and the rate are as before; they are copied for that. *curve
 * is zeroed on failure. GM_USAGE: the rows do not fit the network, or strange options; GM_BAD_DATA: no rows;
 * GM_DIVERGED: the loss of the first step is not finite; GM_LIMIT. */
GM_API gm_status gm_find_rate(gm_engine *engine, const gm_row_source *train,
                              const gm_find_rate_options *options, gm_rate_curve *curve, gm_error *error);

GM_END_DECLS

#endif
