/* What an evaluation counts, row by row: the sums and counts from which evaluation.c computes its figures.
 * Memory is taken once, when the tally is made. */
#ifndef GM_TRAIN_TALLY_H
#define GM_TRAIN_TALLY_H

#include "base/moments.h"

#include <gradmill/evaluation.h>
#include <stdint.h>

/* One row of a problem of two classes. */
typedef struct gm_score {
    double score; /* the second output */
    bool positive;
} gm_score;

typedef struct gm_tally_bin {
    size_t rows, hits;
    double confidence; /* sum over the rows */
} gm_tally_bin;

/* Sums over one target. */
typedef struct gm_tally_target {
    gm_moments moments; /* of the target */
    double square_error, absolute_error;
    size_t support, predicted, hits; /* with answers: rows with yes as target, as prediction, as both */
} gm_tally_target;

typedef struct gm_tally {
    size_t rows;
    size_t classes, targets; /* one of them is 0 */
    bool probabilities;      /* outputs are a distribution over the classes */
    double least;            /* a probability of 0 counts as this */
    size_t *confusion;       /* classes x classes: label, predicted */
    size_t *ranks;           /* classes: rows whose label has this many outputs before it */
    gm_score *scores;        /* two classes: one for each row; else NULL */
    double log_loss;         /* sum */
    gm_tally_bin bins[GM_CALIBRATION_BINS];
    gm_tally_target *by_target; /* targets */
    bool answers;               /* outputs are chances of yes, and all targets so far are 0 or 1 */
    size_t all_right;           /* rows whose answers are all right */
} gm_tally;

/* Room for `rows` rows of the given kind. GM_LIMIT. To be cleared even after a failure. */
gm_status gm_tally_create(gm_tally *tally, const gm_tally *kind, size_t rows, gm_error *error);
void gm_tally_clear(gm_tally *tally);

/* Counts one row of `classes` finite outputs whose label is `label`. */
void gm_tally_label(gm_tally *tally, const double *outputs, uint32_t label);

/* Counts one row of `targets` finite outputs. */
void gm_tally_numbers(gm_tally *tally, const double *outputs, const double *targets);

#endif
