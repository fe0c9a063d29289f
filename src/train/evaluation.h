/* What an evaluation holds. Not public. */
#ifndef GM_TRAIN_EVALUATION_H
#define GM_TRAIN_EVALUATION_H

#include "train/tally.h"

struct gm_evaluation {
    gm_metrics metrics;
    gm_tally tally;
    double auc; /* two classes */
};

/* gm_evaluation_auc of these scores, which it sorts. NaN if all rows are of one class. */
double gm_auc(gm_score *scores, size_t count);

#endif
