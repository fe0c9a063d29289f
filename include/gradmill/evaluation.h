/* Judges a network on a data set in detail: figures of each class and each target, the confusion matrix,
 * ranking and calibration. gm_evaluate (train.h) gives loss, accuracy and RMSE alone, and is what the
 * training loop uses after each epoch.
 *
 * A figure that is not defined is NaN: the precision of a class that was never predicted, the recall of one
 * that has no rows, R^2 of a constant target, a figure of labels where there are numbers. So is every figure
 * below if an output of the network is not finite (gm_metrics.not_finite says in how many rows).
 *
 * The predicted class of a row is the one with the largest output; the first of them if several are equal. */
#ifndef GRADMILL_EVALUATION_H
#define GRADMILL_EVALUATION_H

#include <gradmill/train.h>

GM_BEGIN_DECLS

typedef struct gm_evaluation gm_evaluation;

/* Runs the engine's network over all rows. scaling may be NULL. GM_USAGE as gm_evaluate; GM_LIMIT: no memory,
 * of which classes x classes counts are the largest part, and 16 bytes for each row with two classes.
 * *evaluation is NULL on failure. Numbers that are not finite are no failure. */
GM_API gm_status gm_evaluation_create(gm_evaluation **evaluation, gm_engine *engine,
                                      const gm_dataset *dataset, const gm_scaling *scaling, gm_error *error);
GM_API void gm_evaluation_destroy(gm_evaluation *evaluation);

/* What gm_evaluate gives. Borrowed. */
GM_API const gm_metrics *gm_evaluation_metrics(const gm_evaluation *evaluation);

/* What the rows give without any model, so that a model is of use only if it is better. Labels: the accuracy
 * of always naming the most frequent class. Numbers: the RMSE of always predicting the mean of each target.
 */
GM_API double gm_evaluation_baseline(const gm_evaluation *evaluation);
/* Whether the accuracy is smaller than that, or the RMSE larger. */
GM_API bool gm_evaluation_is_worse(const gm_evaluation *evaluation);

/* Labels: the number of classes; 0 for numbers. */
GM_API size_t gm_evaluation_classes(const gm_evaluation *evaluation);
/* Numbers: the number of targets; 0 for labels. */
GM_API size_t gm_evaluation_targets(const gm_evaluation *evaluation);

/* Of one class, as share of rows. */
typedef struct gm_class_figures {
    size_t support;   /* rows with this label */
    size_t predicted; /* rows that the network gives this label */
    double precision; /* share of the predicted rows that have the label */
    double recall;    /* share of the rows with the label that are predicted so */
    double f1;        /* harmonic mean of precision and recall: 2 hits / (support + predicted) */
} gm_class_figures;

GM_API gm_class_figures gm_evaluation_class(const gm_evaluation *evaluation, size_t c);

/* Rows with this label that the network gives the label `predicted`. Both < classes. */
GM_API size_t gm_evaluation_confusion(const gm_evaluation *evaluation, size_t label, size_t predicted);

/* Share of rows whose label is among the k classes with the largest outputs; k >= 1. With 1: the accuracy. */
GM_API double gm_evaluation_top_k(const gm_evaluation *evaluation, size_t k);

/* Mean recall of the classes that have rows. */
GM_API double gm_evaluation_balanced_accuracy(const gm_evaluation *evaluation);

/* Two classes: area under the curve of the receiver operating characteristic, with the second output as the
 * score of the second class: the chance that a row of the second class has a higher score than one of the
 * first; equal scores count one half (Mann and Whitney 1947). NaN for other numbers of classes, and if one of
 * the two has no rows. */
GM_API double gm_evaluation_auc(const gm_evaluation *evaluation);

/* Networks whose outputs are probabilities of classes (softmax): mean of -log(probability of the label). A
 * probability of 0 counts as the smallest normal number of the network's precision. */
GM_API double gm_evaluation_log_loss(const gm_evaluation *evaluation);

/* Reliability of probabilities (softmax): rows by the probability of the predicted class, in equal ranges. */
#define GM_CALIBRATION_BINS 10

typedef struct gm_calibration_bin {
    double low, high;  /* low < probability <= high */
    size_t rows;       /* 0: the two means are NaN */
    double confidence; /* mean probability of the predicted class */
    double accuracy;   /* share of the rows whose predicted class is the label */
} gm_calibration_bin;

/* bin < GM_CALIBRATION_BINS. All rows are 0 if outputs are no probabilities. */
GM_API gm_calibration_bin gm_evaluation_calibration(const gm_evaluation *evaluation, size_t bin);

/* Expected calibration error: mean over the rows of |accuracy - confidence| of their bin (Naeini et al.
 * 2015).
 */
GM_API double gm_evaluation_calibration_error(const gm_evaluation *evaluation);

/* Of one target, in the units of the data. */
typedef struct gm_target_figures {
    double mean;      /* of the target */
    double deviation; /* its standard deviation over the rows, divided by n */
    double rmse;      /* root mean squared error */
    double mae;       /* mean absolute error */
    double r2; /* 1 - sum of squared errors / sum of squares about the mean; 0: no better than the mean */
} gm_target_figures;

GM_API gm_target_figures gm_evaluation_target(const gm_evaluation *evaluation, size_t target);

/* Means over the targets. */
GM_API double gm_evaluation_mae(const gm_evaluation *evaluation);
GM_API double gm_evaluation_r2(const gm_evaluation *evaluation);

/* Several answers for each row, yes or no (multi-label): a network with loss logistic, and targets that are
 * numbers, all of them 0 or 1. An output above 1/2 is a yes. */
GM_API bool gm_evaluation_has_answers(const gm_evaluation *evaluation);

/* Of one target, as share of rows. */
typedef struct gm_answer_figures {
    size_t support;   /* rows whose target is yes */
    size_t predicted; /* rows for which the network says yes */
    double accuracy;  /* share of the rows whose answer is right */
    double precision; /* share of the predicted rows whose target is yes */
    double recall;    /* share of the rows with a yes that are predicted */
    double f1;        /* 2 hits / (support + predicted) */
} gm_answer_figures;

/* All figures are NaN without answers. */
GM_API gm_answer_figures gm_evaluation_answer(const gm_evaluation *evaluation, size_t target);

/* Share of all answers that are right: 1 - Hamming loss. */
GM_API double gm_evaluation_answer_accuracy(const gm_evaluation *evaluation);
/* Share of the rows whose answers are all right. */
GM_API double gm_evaluation_subset_accuracy(const gm_evaluation *evaluation);
/* Mean F1 of the targets that have one; and F1 of all answers as if they were of one target. */
GM_API double gm_evaluation_macro_f1(const gm_evaluation *evaluation);
GM_API double gm_evaluation_micro_f1(const gm_evaluation *evaluation);

GM_END_DECLS

#endif
