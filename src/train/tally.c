/* Counts rows for an evaluation. Each function takes one row, so that any part of an evaluation can be
 * checked by hand. */
#include "train/tally.h"
#include "base/error.h"
#include "base/memory.h"

#include <math.h>

gm_status gm_tally_create(gm_tally *tally, const gm_tally *kind, size_t rows, gm_error *error)
{
    *tally = *kind;
    size_t cells, bytes;
    if (!gm_mul(kind->classes, kind->classes, &cells) || !gm_mul(cells, sizeof *tally->confusion, &bytes))
        return gm_fail(error, GM_LIMIT, "a confusion matrix of %zu classes is too large", kind->classes);
    const bool ranked = kind->classes == 2;
    tally->confusion = gm_alloc(cells, sizeof *tally->confusion);
    tally->ranks = gm_alloc(kind->classes, sizeof *tally->ranks);
    tally->scores = ranked ? gm_alloc(rows, sizeof *tally->scores) : NULL;
    tally->by_target = gm_alloc(kind->targets, sizeof *tally->by_target);
    if (tally->confusion && tally->ranks && (tally->scores || !ranked) && tally->by_target)
        return GM_OK;
    return gm_fail_memory(error, "an evaluation", bytes + (ranked ? rows * sizeof *tally->scores : 0));
}

void gm_tally_clear(gm_tally *tally)
{
    gm_free(tally->confusion);
    gm_free(tally->ranks);
    gm_free(tally->scores);
    gm_free(tally->by_target);
    *tally = (gm_tally){0};
}

/* The column of the largest output; the first of equals. */
static size_t largest(const double *outputs, size_t count)
{
    size_t best = 0;
    for (size_t c = 1; c < count; c++)
        best = outputs[c] > outputs[best] ? c : best;
    return best;
}

/* How many outputs come before that of `label`: larger ones, and equal ones in front of it. */
static size_t rank_of(const double *outputs, size_t count, size_t label)
{
    size_t before = 0;
    for (size_t c = 0; c < count; c++)
        before += outputs[c] > outputs[label] || (c < label && outputs[c] == outputs[label]);
    return before;
}

/* The bin of a probability p: bin i holds i / BINS < p <= (i + 1) / BINS. */
static size_t bin_of(double p)
{
    const double above = ceil(p * GM_CALIBRATION_BINS) - 1;
    return above <= 0 ? 0 : gm_min((size_t)above, GM_CALIBRATION_BINS - 1);
}

static void count_probability(gm_tally *tally, const double *outputs, size_t predicted, uint32_t label)
{
    gm_tally_bin *bin = &tally->bins[bin_of(outputs[predicted])];
    bin->rows++;
    bin->hits += predicted == label;
    bin->confidence += outputs[predicted];
    tally->log_loss -= log(fmax(outputs[label], tally->least));
}

void gm_tally_label(gm_tally *tally, const double *outputs, uint32_t label)
{
    const size_t predicted = largest(outputs, tally->classes);
    tally->confusion[label * tally->classes + predicted]++;
    tally->ranks[rank_of(outputs, tally->classes, label)]++;
    if (tally->probabilities)
        count_probability(tally, outputs, predicted, label);
    if (tally->scores)
        tally->scores[tally->rows] = (gm_score){outputs[1], label == 1};
    tally->rows++;
}

static void count_answers(gm_tally *tally, const double *outputs, const double *targets)
{
    bool right = true;
    for (size_t t = 0; t < tally->targets; t++) {
        gm_tally_target *target = &tally->by_target[t];
        const bool yes = targets[t] == 1, said = outputs[t] > 0.5;
        tally->answers &= yes || targets[t] == 0;
        target->support += yes;
        target->predicted += said;
        target->hits += yes && said;
        right &= yes == said;
    }
    tally->all_right += right;
}

void gm_tally_numbers(gm_tally *tally, const double *outputs, const double *targets)
{
    tally->rows++;
    if (tally->answers)
        count_answers(tally, outputs, targets);
    for (size_t t = 0; t < tally->targets; t++) {
        gm_tally_target *target = &tally->by_target[t];
        const double difference = outputs[t] - targets[t];
        gm_moments_add(&target->moments, targets[t]);
        target->square_error += difference * difference;
        target->absolute_error += fabs(difference);
    }
}
