/* The training loop and evaluation. They call back for progress and never print. */
#ifndef GRADMILL_TRAIN_H
#define GRADMILL_TRAIN_H

#include <gradmill/checkpoint.h>
#include <gradmill/dataset.h>
#include <gradmill/engine.h>
#include <gradmill/post_mortem.h>
#include <gradmill/row_source.h>
#include <gradmill/status.h>

GM_BEGIN_DECLS

/* What a loss can learn. gm_train and gm_evaluate refuse other targets; a step of an engine does not look. */
typedef struct gm_loss_domain {
    double low, high;     /* of a target, both included; infinite where there is no bound */
    size_t least_outputs; /* cross-entropy: 2, because the softmax of one output is always 1; others: 1 */
} gm_loss_domain;

GM_API gm_loss_domain gm_loss_domain_of(gm_loss loss);

/* Whether a network can learn targets that are standardised (gm_scaling_fit_targets): its output is an
 * identity, and its loss is one of differences (squares, Huber). Targets of a sigmoid, or of a logistic loss,
 * have a range of their own and must stay as they are. */
GM_API bool gm_network_scales_targets(const gm_network *network);

/* All figures are in the units of the data, whether targets were standardised or not. The loss, too: that of
 * one target is the loss of the outputs and targets as they were before, in which the threshold of Huber's
 * loss is one standard deviation of the target. Of several targets that were standardised, each by its own
 * deviation, the loss is the standardised one, times the mean over the targets of deviation^2. */
typedef struct gm_metrics {
    size_t rows;
    size_t not_finite;  /* rows with an output that is NaN or infinite */
    double loss;        /* mean over the rows */
    double accuracy;    /* share of rows whose largest output is the label's; NaN without labels, or if any
                           output is not finite */
    double rmse;        /* root mean squared error over rows and outputs; NaN with labels */
    double reserved[8]; /* 0 */
} gm_metrics;

/* What the last step of an epoch that had only whole batches tells about a layer; of an epoch whose number of
 * rows is not known, the first step. NaN: not defined, or the epoch was ended before that step. */
typedef struct gm_layer_figures {
    /* Euclidean norm of the gradient of W and b that the step is taken with: of the mean loss over all rows
     * of the step, with its dropout, before it is clipped. */
    double gradient_norm;
    double update_ratio; /* norm of the change of W in that step / norm of W before it; about 1e-3 is usual */
    double dead; /* ReLU: share of the units that are 0 in all rows of the batch, dropout aside; of the last
                    batch, if several make a step. Otherwise NaN */
} gm_layer_figures;

typedef struct gm_epoch {
    size_t epoch, epochs; /* from 1 */
    double train_loss;    /* mean of the batches' losses, each before its update */
    bool has_valid;
    gm_metrics valid; /* after the epoch */
    bool best;        /* better than all epochs before, by options.monitor */
    /* With the weights of the best epoch so far, if these are kept (options.keep); NULL: the engine's network
     * is the one that would be kept if training ended now. Valid until the callback returns. */
    const gm_network *best_network;
    double rate;               /* learning rate of the last step */
    double seconds;            /* training alone: shuffle, gather, steps */
    double samples_per_second; /* rows / seconds */
    double gflops;             /* gm_step_flop of the epoch's batches / seconds / 1e9 */
    /* With options.layer_figures or a log, else NaN, NULL and 0. Valid until the callback returns. */
    double gradient_norm; /* over all layers, of the same step */
    const gm_layer_figures *layers;
    size_t layer_count;
} gm_epoch;

typedef struct gm_progress {
    size_t epoch, epochs; /* from 1 */
    size_t step, steps;   /* within the epoch; step counts the finished ones; steps is 0 if it is not known */
    double loss;          /* of the last step */
} gm_progress;

/* How the rate changes. It rises evenly for the first options.warmup epochs, step by step: in step t of W it
 * is rate (t + 1) / W. Then comes the schedule, for the steps that are left: t is counted from the end of the
 * warm-up, of T steps; e is the number of whole epochs since then. */
typedef enum gm_schedule {
    GM_SCHEDULE_CONSTANT, /* rate */
    GM_SCHEDULE_LINEAR,   /* rate (1 - t / T) */
    GM_SCHEDULE_COSINE,   /* rate (1 + cos(pi t / T)) / 2: Loshchilov and Hutter 2017, without restarts */
    /* rate factor^floor(e / every): PyTorch's StepLR. Factor 0.1, every 10 epochs. */
    GM_SCHEDULE_STEP,
    /* rate factor^e: PyTorch's ExponentialLR. Factor 0.95. */
    GM_SCHEDULE_EXPONENTIAL,
    /* rate (1 - t / T)^power: PyTorch's PolynomialLR. Power 2. */
    GM_SCHEDULE_POLYNOMIAL,
    /* From rate / 25 up to rate along half a cosine, then down to rate / 250,000: PyTorch's OneCycleLR (Smith
     * and Topin 2018). A warm-up is the length of its rise; without one that takes 0.3 of all steps. */
    GM_SCHEDULE_ONE_CYCLE,
    /* rate, multiplied by factor whenever `every` epochs in a row were no better, by options.monitor:
     * PyTorch's ReduceLROnPlateau with threshold 0 and a patience of every - 1. Factor 0.1, every 10 epochs.
     * Needs a validation set. */
    GM_SCHEDULE_PLATEAU,
} gm_schedule;
#define GM_SCHEDULE_COUNT 8

GM_API const char *gm_schedule_name(gm_schedule schedule);
GM_API bool gm_schedule_from_name(const char *name, gm_schedule *schedule);

/* Which weights the network has when training has ended. */
typedef enum gm_keep {
    GM_KEEP_AUTO, /* GM_KEEP_BEST with a validation set, else GM_KEEP_LAST */
    GM_KEEP_LAST, /* those of the last epoch */
    GM_KEEP_BEST, /* those of the best epoch, by options.monitor; one more copy of the parameters is held */
} gm_keep;
#define GM_KEEP_COUNT 3

/* The figure of the validation set that tells which of two epochs is better. Of equal ones the epoch with the
 * smaller loss is better, and of equal losses the earlier one. */
typedef enum gm_monitor {
    GM_MONITOR_AUTO,     /* accuracy with labels, loss with numbers */
    GM_MONITOR_LOSS,     /* the smaller one */
    GM_MONITOR_ACCURACY, /* the larger one; labels only */
    GM_MONITOR_RMSE,     /* the smaller one; numbers only */
} gm_monitor;
#define GM_MONITOR_COUNT 4

GM_API const char *gm_keep_name(gm_keep keep); /* "auto", "last", "best" */
GM_API bool gm_keep_from_name(const char *name, gm_keep *keep);
GM_API const char *gm_monitor_name(gm_monitor monitor); /* "auto", "loss", "accuracy", "rmse" */
GM_API bool gm_monitor_from_name(const char *name, gm_monitor *monitor);

typedef struct gm_train_options {
    size_t size;          /* of this struct, which gm_train_options_default sets */
    size_t epochs;        /* >= 1; default 10 */
    gm_schedule schedule; /* of the rate over all epochs; default GM_SCHEDULE_CONSTANT */
    uint64_t seed;        /* of the shuffle; default 1 */
    bool shuffle;         /* a new order for every epoch; default true */
    /* Called after each step and each epoch; NULL: nobody is called. To end training, a function sets *stop,
     * which is false before; gm_train then returns GM_OK, and result->end is GM_END_STOPPED. To fail, it
     * returns anything but GM_OK, and may write its reason to error->message; gm_train then returns that
     * status and that line at once. Neither stop nor error is NULL. */
    gm_status (*on_step)(void *context, const gm_progress *progress, bool *stop, gm_error *error);
    gm_status (*on_epoch)(void *context, const gm_epoch *epoch, bool *stop, gm_error *error);
    void *context;
    /* A schedule of the caller's own, in place of `schedule`: the rate of step `step` of `steps`, from 0,
     * where `rate` is that of the engine. GM_USAGE: it is negative or no number. NULL: `schedule`. */
    double (*rate_of)(void *context, double rate, size_t step, size_t steps);
    gm_keep keep;       /* default GM_KEEP_AUTO */
    gm_monitor monitor; /* default GM_MONITOR_AUTO */
    size_t patience;    /* training ends after so many epochs in a row that are no better; default 0: never */
    /* A file that gets one line for each epoch, as it happens: JSON lines, or CSV if the name ends in ".csv".
     * The names are those of gm_epoch, with valid_ before the figures of the validation set, and `elapsed`:
     * seconds since training began, or was resumed. Of the layers there are lists in JSON, and in CSV columns
     * whose names end in the number of the layer: layer_gradient_norm, update_ratio and dead. A log that is
     * there is replaced, a file of another kind is GM_USAGE. Default NULL. */
    const char *log;
    /* A file that gets the state of the run, from which it can be resumed (checkpoint.h): after epochs; in
     * the middle of one whenever checkpoint_seconds have passed (default 300); and when training ends or a
     * callback stops it. Writing is durable, and takes at most 2 % of a run, but for the first and the last
     * time. The file is locked meanwhile. checkpoint_text is kept in it for the caller (UTF-8; NULL: none).
     * GM_USAGE: a file of another kind is there. GM_IO: another run has the lock; the file cannot be written.
     * Default NULL. */
    const char *checkpoint;
    double checkpoint_seconds;
    const char *checkpoint_text;
    /* Go on from here: the weights of the engine's network, and what its optimizer keeps, are replaced.
     * Borrowed. The log continues as well. A schedule that depends on the number of steps is taken as that of
     * the epochs given here, also if these are others than before. GM_BAD_MODEL: other data, another network,
     * seed, batch, number of accumulated batches, or kind of optimizer; weights that are not finite; a run
     * that averages weights, while this one does not, or the reverse. Default NULL. */
    const gm_checkpoint *resume;
    double warmup; /* epochs, also parts of one, in which the rate rises from 0; below `epochs`; default 0 */
    /* What schedules are set by, as gm_schedule says. GM_USAGE: one that the schedule does not read. Default
     * 0: that of the schedule. */
    double schedule_factor; /* above 0 and below 1: step, exponential, plateau */
    size_t schedule_every;  /* epochs: step, plateau */
    double schedule_power;  /* above 0: polynomial */
    /* A share of each row of targets that is divided evenly among the classes, as PyTorch's CrossEntropyLoss
     * has it (Szegedy et al. 2016). The loss of a step, and train_loss, are of these targets; a validation
     * set is judged with its own. At least 0 and below 1; default 0. GM_USAGE: with another loss than
     * cross-entropy. */
    double label_smoothing;
    /* A text that the first line of a JSON log gets as `options`: what a reader needs to know of the run.
     * Default NULL. */
    const char *log_options;
    /* Whether gm_epoch has figures of the layers; a log always has them. Once in an epoch this costs about as
     * much as two steps, and memory for one more copy of the parameters; no bit of the training changes.
     * Default false. */
    bool layer_figures;
    /* After GM_DIVERGED it holds what is known of the failure; it comes in zeroed, and is to be cleared. One
     * more copy of the weights, and of what the optimizer keeps, is held. Default NULL. */
    gm_post_mortem *post_mortem;
    /* So many batches make one step, with the mean gradient over all of their rows (gm_engine_hold; the
     * engine must have been made with options.accumulates). The last step of an epoch may have fewer. A step
     * is such a step everywhere in this header. At least 1 and at most the batches of an epoch; default 1. */
    size_t accumulate;
} gm_train_options;

GM_API void gm_train_options_fill(gm_train_options *options, size_t size);
static inline gm_train_options gm_train_options_default(void)
{
    gm_train_options options;
    gm_train_options_fill(&options, sizeof options);
    return options;
}

/* The rate of step `step`, from 0, of a training with these options in epochs of `epoch_steps` steps, where
 * `rate` is that of the engine. With GM_SCHEDULE_PLATEAU it is that of a training that gets better with each
 * epoch. NaN if the options make no sense, or have a rate_of. */
GM_API double gm_schedule_rate(const gm_train_options *options, double rate, size_t step, size_t epoch_steps);

/* Why training ended. */
typedef enum gm_train_end {
    GM_END_EPOCHS,   /* all epochs are done */
    GM_END_STOPPED,  /* a callback wanted it */
    GM_END_PATIENCE, /* options.patience epochs in a row were no better */
    GM_END_FAILED,   /* gm_train has returned something else than GM_OK */
} gm_train_end;

typedef struct gm_train_result {
    size_t size; /* of this struct, which gm_train_result_init sets */
    gm_train_end end;
    size_t epochs;     /* that were begun; a step's callback may have ended the last one early */
    size_t best_epoch; /* from 1; 0 without a validation set */
    size_t kept_epoch; /* whose weights the network has; 0: none was finished */
    gm_metrics valid;  /* of the kept epoch; all 0 without a validation set */
} gm_train_result;

GM_API void gm_train_result_fill(gm_train_result *result, size_t size);
static inline gm_train_result gm_train_result_init(void)
{
    gm_train_result result;
    gm_train_result_fill(&result, sizeof result);
    return result;
}

/* Trains the engine's network on `train` in batches of gm_engine_batch rows (the last one of an epoch may be
 * smaller), evaluating on `valid` (may be NULL) after each epoch. If the engine averages its weights
 * (average_decay), the network with the averaged ones is judged, kept, shown to on_epoch and left at the end;
 * training itself goes on with its own ones (gm_engine_use_average). scaling (may be NULL) is that of
 * features, and of targets if it has one. result may be NULL, else it comes from gm_train_result_init. The
 * optimizer's own state is always that of the last step. GM_USAGE: the data does not fit the network, or the
 * targets of either set do not lie in the domain of its loss; without a validation set: GM_KEEP_BEST,
 * patience, or GM_SCHEDULE_PLATEAU. GM_DIVERGED: a loss or a parameter that is not finite, named with its
 * epoch and step; the network then has the weights of the best epoch if these are kept and there was one,
 * else those of the last epoch that was finished (result->kept_epoch), or those that it began with. */
GM_API gm_status gm_train(gm_engine *engine, const gm_dataset *train, const gm_dataset *valid,
                          const gm_scaling *scaling, const gm_train_options *options, gm_train_result *result,
                          gm_error *error);

/* The same for rows from any source; gm_train uses it. Both sources are borrowed, and `valid` (may be NULL)
 * is begun anew after each epoch. Targets are not compared with the domain of the loss. Also GM_USAGE: a
 * schedule or a warm-up that depends on the number of steps, while the number of rows is not known;
 * GM_BAD_DATA: an epoch without rows; and whatever a source fails with. */
GM_API gm_status gm_train_rows(gm_engine *engine, const gm_row_source *train, const gm_row_source *valid,
                               const gm_train_options *options, gm_train_result *result, gm_error *error);

/* Judges the engine's network. Numbers that are not finite are no failure: see not_finite, and the loss.
 * GM_USAGE as gm_train. */
GM_API gm_status gm_evaluate(gm_engine *engine, const gm_dataset *dataset, const gm_scaling *scaling,
                             gm_metrics *metrics, gm_error *error);

/* The same for one epoch of rows from any source. */
GM_API gm_status gm_evaluate_rows(gm_engine *engine, const gm_row_source *rows, gm_metrics *metrics,
                                  gm_error *error);

GM_END_DECLS

#endif
