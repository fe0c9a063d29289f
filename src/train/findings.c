/* Finds in the ranges of a step what the first quantity was that is not finite, and what the likely cause is.
 * The cause is a guess by a few rules; what it is derived from is told beside it. */
#include "train/findings.h"
#include "base/element.h"
#include "base/memory.h"
#include "base/names.h"
#include "function/facts.h"
#include "nn/optimizer.h"

#include <math.h>

/* Standardised numbers hardly ever exceed this, and bytes that were not scaled do. */
#define LARGE 100

/* A rate so many times the default of its optimizer is taken for the cause, whatever the data is like. */
#define RATE_FACTOR 100

static const char *const quantities[GM_QUANTITY_COUNT] = {
    [GM_QUANTITY_NONE] = "none", [GM_QUANTITY_INPUT] = "x",     [GM_QUANTITY_TARGET] = "y",
    [GM_QUANTITY_WEIGHT] = "W",  [GM_QUANTITY_Z] = "z",         [GM_QUANTITY_A] = "a",
    [GM_QUANTITY_LOSS] = "loss", [GM_QUANTITY_DELTA] = "delta", [GM_QUANTITY_GRADIENT] = "gradient",
};

const char *gm_quantity_name(gm_quantity quantity)
{
    return GM_WORD_AT(quantities, quantity);
}

static const char *const causes[GM_CAUSE_COUNT] = {
    [GM_CAUSE_UNKNOWN] = "unknown",
    [GM_CAUSE_WEIGHTS] = "weights",
    [GM_CAUSE_INPUT] = "input",
    [GM_CAUSE_TARGET] = "target",
    [GM_CAUSE_DOMAIN] = "domain",
    [GM_CAUSE_RATE] = "rate",
    [GM_CAUSE_INPUT_SCALE] = "input-scale",
    [GM_CAUSE_TARGET_SCALE] = "target-scale",
    [GM_CAUSE_PENALTY] = "penalty",
    [GM_CAUSE_EPSILON] = "epsilon",
};

const char *gm_cause_name(gm_cause cause)
{
    return GM_WORD_AT(causes, cause);
}

void gm_post_mortem_clear(gm_post_mortem *post_mortem)
{
    gm_free(post_mortem->layers);
    *post_mortem = (gm_post_mortem){0};
}

static void see(gm_value_range *range, double value)
{
    range->count++;
    if (isfinite(value)) {
        range->low =
            fmin(range->low, value + 0.0); /* of a NaN and a number these give the number; 0 for -0 */
        range->high = fmax(range->high, value + 0.0);
    } else {
        range->not_finite++;
    }
}

gm_value_range gm_value_range_of(gm_array array)
{
    gm_value_range range = {.low = NAN, .high = NAN};
    for (size_t r = 0; array.data && r < array.rows; r++) {
        for (size_t c = 0; c < array.cols; c++)
            see(&range, gm_array_number(array, r, c));
    }
    return range;
}

size_t gm_zero_columns(gm_array array)
{
    size_t zero = 0;
    for (size_t c = 0; array.data && c < array.cols; c++) {
        size_t r = 0;
        while (r < array.rows && gm_array_number(array, r, c) == 0)
            r++;
        zero += r == array.rows;
    }
    return zero;
}

/* Whether this is the first that is not finite; nothing was so before. */
static bool is_first(gm_post_mortem *to, gm_quantity quantity, size_t layer, gm_value_range range)
{
    if (range.not_finite == 0)
        return false;
    to->first = quantity;
    to->layer = layer;
    return true;
}

static bool find_forward(gm_post_mortem *to)
{
    for (size_t l = 0; l < to->layer_count; l++) {
        if (is_first(to, GM_QUANTITY_WEIGHT, l, to->layers[l].weights))
            return true;
    }
    for (size_t l = 0; l < to->layer_count; l++) {
        if (is_first(to, GM_QUANTITY_Z, l, to->layers[l].z) ||
            is_first(to, GM_QUANTITY_A, l, to->layers[l].a))
            return true;
    }
    return false;
}

static bool find_backward(gm_post_mortem *to)
{
    for (size_t l = to->layer_count; l-- > 0;) {
        if (is_first(to, GM_QUANTITY_DELTA, l, to->layers[l].delta))
            return true;
    }
    for (size_t l = to->layer_count; l-- > 0;) {
        if (is_first(to, GM_QUANTITY_GRADIENT, l, to->layers[l].gradient))
            return true;
    }
    return false;
}

void gm_find_first(gm_post_mortem *to)
{
    to->first = GM_QUANTITY_NONE;
    to->layer = 0;
    if (is_first(to, GM_QUANTITY_INPUT, 0, to->inputs) || is_first(to, GM_QUANTITY_TARGET, 0, to->targets) ||
        find_forward(to))
        return;
    if (!isfinite(to->loss)) {
        to->first = GM_QUANTITY_LOSS;
        to->layer = to->layer_count - 1;
        return;
    }
    (void)find_backward(to);
}

/* The number with the largest absolute value, and its column. One that is not finite counts as larger than
 * any other. */
static double extreme_of(gm_array array, size_t *column)
{
    double extreme = 0;
    *column = 0;
    for (size_t r = 0; r < array.rows; r++) {
        for (size_t c = 0; c < array.cols; c++) {
            const double value = gm_array_number(array, r, c);
            if (fabs(value) > fabs(extreme) || isnan(value)) {
                extreme = value;
                *column = c;
            }
            if (!isfinite(value))
                return extreme;
        }
    }
    return extreme;
}

static void blame(gm_post_mortem *to, gm_cause cause, gm_array array)
{
    to->cause = cause;
    to->extreme = extreme_of(array, &to->column);
}

/* Whether a target lies outside of what the loss can learn. */
static bool outside(const gm_post_mortem *to, const gm_network *network)
{
    const gm_loss_domain domain = gm_loss_domain_of(gm_network_loss(network));
    return to->targets.low < domain.low || to->targets.high > domain.high;
}

void gm_find_cause(gm_post_mortem *to, const gm_run *run, const gm_batch_buffer *batch)
{
    const gm_network *network = gm_engine_network(run->engine);
    const gm_optimizer optimizer = gm_engine_optimizer(run->engine);
    const gm_array x = gm_array_of(batch->x), y = gm_array_of(batch->y);
    size_t column;
    if (to->first == GM_QUANTITY_WEIGHT && run->at.taken == 0)
        to->cause = GM_CAUSE_WEIGHTS;
    else if (to->first == GM_QUANTITY_INPUT)
        blame(to, GM_CAUSE_INPUT, x);
    else if (to->first == GM_QUANTITY_TARGET)
        blame(to, GM_CAUSE_TARGET, y);
    else if (outside(to, network))
        blame(to, GM_CAUSE_DOMAIN, y);
    else if (to->rate * (optimizer.l2 + optimizer.decay) > 1 && optimizer.l2 + optimizer.decay > 1)
        to->cause = GM_CAUSE_PENALTY;
    else if (optimizer.epsilon <= 0 && gm_optimizer_reads(optimizer.kind, GM_SETTING_epsilon))
        to->cause = GM_CAUSE_EPSILON;
    else if (to->rate > RATE_FACTOR * gm_optimizer_default(optimizer.kind).rate)
        to->cause = GM_CAUSE_RATE;
    else if (fabs(extreme_of(x, &column)) > LARGE)
        blame(to, GM_CAUSE_INPUT_SCALE, x);
    else if (fabs(extreme_of(y, &column)) > LARGE)
        blame(to, GM_CAUSE_TARGET_SCALE, y);
    else
        to->cause = GM_CAUSE_RATE;
}
