/* The best epoch of a training run, by a figure of the validation set, with a copy of its weights. */
#ifndef GM_TRAIN_BEST_H
#define GM_TRAIN_BEST_H

#include <gradmill/train.h>

typedef struct gm_best {
    gm_monitor monitor;  /* never GM_MONITOR_AUTO */
    gm_network *network; /* a copy, with the weights of that epoch; NULL: weights are not kept */
    size_t epoch;        /* from 1; 0: none so far */
    size_t without;      /* epochs since then, none of them better */
    gm_metrics metrics;  /* of that epoch */
} gm_best;

/* What GM_MONITOR_AUTO stands for with labels, or with numbers. GM_USAGE: a figure that these do not have. */
gm_status gm_best_monitor(gm_monitor *monitor, bool labels, gm_error *error);

/* Keeps the weights of this network if `keeps` is set. GM_LIMIT. */
gm_status gm_best_create(gm_best *best, gm_monitor monitor, const gm_network *network, bool keeps,
                         gm_error *error);
void gm_best_clear(gm_best *best);

/* Sees an epoch's figures and, if they are better than all before, copies its weights. Returns whether they
 * are. Of equal figures the one with the smaller loss is better. A figure that is not finite is never better.
 */
bool gm_best_see(gm_best *best, const gm_network *network, size_t epoch, const gm_metrics *metrics);

/* The network of the best epoch so far; NULL: there is none, or its weights are not kept. */
const gm_network *gm_best_network(const gm_best *best);

/* Gives the network the weights of the best epoch. Without one, or without its weights, nothing happens. */
void gm_best_restore(const gm_best *best, gm_network *network);

#endif
