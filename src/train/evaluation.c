/* The figures of an evaluation, computed from the counts of its tally. */
#include "train/evaluation.h"
#include "base/error.h"
#include "base/memory.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

const gm_metrics *gm_evaluation_metrics(const gm_evaluation *e)
{
    return &e->metrics;
}

size_t gm_evaluation_classes(const gm_evaluation *e)
{
    return e->tally.classes;
}

size_t gm_evaluation_targets(const gm_evaluation *e)
{
    return e->tally.targets;
}

/* Whether the tally has all rows: those with an output that is not finite were not counted. */
static bool complete(const gm_evaluation *e)
{
    return e->metrics.not_finite == 0;
}

static double share(size_t part, size_t whole)
{
    return whole > 0 ? (double)part / (double)whole : NAN;
}

size_t gm_evaluation_confusion(const gm_evaluation *e, size_t label, size_t predicted)
{
    return e->tally.confusion[label * e->tally.classes + predicted];
}

gm_class_figures gm_evaluation_class(const gm_evaluation *e, size_t c)
{
    gm_class_figures figures = {.precision = NAN, .recall = NAN, .f1 = NAN};
    for (size_t other = 0; other < e->tally.classes; other++) {
        figures.support += gm_evaluation_confusion(e, c, other);
        figures.predicted += gm_evaluation_confusion(e, other, c);
    }
    if (!complete(e))
        return figures;
    const size_t hits = gm_evaluation_confusion(e, c, c);
    figures.precision = share(hits, figures.predicted);
    figures.recall = share(hits, figures.support);
    figures.f1 = share(2 * hits, figures.support + figures.predicted);
    return figures;
}

double gm_evaluation_top_k(const gm_evaluation *e, size_t k)
{
    size_t hits = 0;
    if (e->tally.classes == 0 || !complete(e))
        return NAN;
    for (size_t rank = 0; rank < gm_min(k, e->tally.classes); rank++)
        hits += e->tally.ranks[rank];
    return share(hits, e->tally.rows);
}

/* Mean of a figure of the classes or targets 0 to count - 1, of those that have it; NaN if none has. */
static double mean_of_defined(const gm_evaluation *e, size_t count,
                              double (*figure)(const gm_evaluation *e, size_t index))
{
    double sum = 0;
    size_t defined = 0;
    for (size_t i = 0; i < count; i++) {
        const double value = figure(e, i);
        if (!isnan(value)) {
            sum += value;
            defined++;
        }
    }
    return defined > 0 ? sum / (double)defined : NAN;
}

static double recall_of(const gm_evaluation *e, size_t class)
{
    return gm_evaluation_class(e, class).recall;
}

double gm_evaluation_balanced_accuracy(const gm_evaluation *e)
{
    return mean_of_defined(e, complete(e) ? e->tally.classes : 0, recall_of);
}

double gm_evaluation_auc(const gm_evaluation *e)
{
    return complete(e) ? e->auc : NAN;
}

double gm_evaluation_log_loss(const gm_evaluation *e)
{
    return complete(e) && e->tally.probabilities ? e->tally.log_loss / (double)e->tally.rows : NAN;
}

gm_calibration_bin gm_evaluation_calibration(const gm_evaluation *e, size_t bin)
{
    const gm_tally_bin *counted = &e->tally.bins[bin];
    return (gm_calibration_bin){
        .low = (double)bin / GM_CALIBRATION_BINS,
        .high = (double)(bin + 1) / GM_CALIBRATION_BINS,
        .rows = counted->rows,
        .confidence = counted->rows > 0 ? counted->confidence / (double)counted->rows : NAN,
        .accuracy = share(counted->hits, counted->rows),
    };
}

double gm_evaluation_calibration_error(const gm_evaluation *e)
{
    double sum = 0;
    if (!complete(e) || !e->tally.probabilities)
        return NAN;
    for (size_t bin = 0; bin < GM_CALIBRATION_BINS; bin++) {
        const gm_tally_bin *counted = &e->tally.bins[bin];
        sum += fabs((double)counted->hits - counted->confidence);
    }
    return sum / (double)e->tally.rows;
}

gm_target_figures gm_evaluation_target(const gm_evaluation *e, size_t target)
{
    const gm_tally_target *t = &e->tally.by_target[target];
    const double rows = (double)e->tally.rows;
    if (!complete(e))
        return (gm_target_figures){NAN, NAN, NAN, NAN, NAN};
    return (gm_target_figures){
        .mean = t->moments.mean,
        .deviation = gm_moments_deviation(&t->moments),
        .rmse = sqrt(t->square_error / rows),
        .mae = t->absolute_error / rows,
        .r2 = t->moments.squares > 0 ? 1 - t->square_error / t->moments.squares : NAN,
    };
}

static size_t largest_support(const gm_evaluation *e)
{
    size_t most = 0;
    for (size_t c = 0; c < e->tally.classes; c++) {
        size_t support = 0;
        for (size_t other = 0; other < e->tally.classes; other++)
            support += gm_evaluation_confusion(e, c, other);
        most = gm_max(most, support);
    }
    return most;
}

double gm_evaluation_baseline(const gm_evaluation *e)
{
    double squares = 0;
    if (!complete(e))
        return NAN;
    if (e->tally.classes > 0)
        return share(largest_support(e), e->tally.rows);
    for (size_t t = 0; t < e->tally.targets; t++)
        squares += e->tally.by_target[t].moments.squares;
    return sqrt(squares / ((double)e->tally.rows * (double)e->tally.targets));
}

bool gm_evaluation_is_worse(const gm_evaluation *e)
{
    const double baseline = gm_evaluation_baseline(e);
    return e->tally.classes > 0 ? e->metrics.accuracy < baseline : e->metrics.rmse > baseline;
}

/* Mean of one figure over the targets; NaN without targets. */
static double mean_over_targets(const gm_evaluation *e, double (*figure)(gm_target_figures))
{
    double sum = 0;
    for (size_t t = 0; t < e->tally.targets; t++)
        sum += figure(gm_evaluation_target(e, t));
    return e->tally.targets > 0 ? sum / (double)e->tally.targets : NAN;
}

static double mae_of(gm_target_figures figures)
{
    return figures.mae;
}

static double r2_of(gm_target_figures figures)
{
    return figures.r2;
}

double gm_evaluation_mae(const gm_evaluation *e)
{
    return mean_over_targets(e, mae_of);
}

double gm_evaluation_r2(const gm_evaluation *e)
{
    return mean_over_targets(e, r2_of);
}

bool gm_evaluation_has_answers(const gm_evaluation *e)
{
    return e->tally.answers && complete(e);
}

/* The figures of a number of rows, or of answers, with these counts. */
static gm_answer_figures answer_of(const gm_tally_target *t, size_t rows)
{
    return (gm_answer_figures){
        .support = t->support,
        .predicted = t->predicted,
        .accuracy = share(rows + 2 * t->hits - t->support - t->predicted, rows),
        .precision = share(t->hits, t->predicted),
        .recall = share(t->hits, t->support),
        .f1 = share(2 * t->hits, t->support + t->predicted),
    };
}

/* Of all answers as if they were of one target. */
static gm_answer_figures all_answers(const gm_evaluation *e)
{
    gm_tally_target sum = {0};
    for (size_t t = 0; t < e->tally.targets; t++) {
        sum.support += e->tally.by_target[t].support;
        sum.predicted += e->tally.by_target[t].predicted;
        sum.hits += e->tally.by_target[t].hits;
    }
    return answer_of(&sum, e->tally.rows * e->tally.targets);
}

gm_answer_figures gm_evaluation_answer(const gm_evaluation *e, size_t target)
{
    const gm_answer_figures none = {.accuracy = NAN, .precision = NAN, .recall = NAN, .f1 = NAN};
    return gm_evaluation_has_answers(e) ? answer_of(&e->tally.by_target[target], e->tally.rows) : none;
}

double gm_evaluation_answer_accuracy(const gm_evaluation *e)
{
    return gm_evaluation_has_answers(e) ? all_answers(e).accuracy : NAN;
}

double gm_evaluation_subset_accuracy(const gm_evaluation *e)
{
    return gm_evaluation_has_answers(e) ? share(e->tally.all_right, e->tally.rows) : NAN;
}

static double f1_of(const gm_evaluation *e, size_t target)
{
    return gm_evaluation_answer(e, target).f1;
}

double gm_evaluation_macro_f1(const gm_evaluation *e)
{
    return mean_of_defined(e, e->tally.targets, f1_of);
}

double gm_evaluation_micro_f1(const gm_evaluation *e)
{
    return gm_evaluation_has_answers(e) ? all_answers(e).f1 : NAN;
}

static int compare_scores(const void *a, const void *b)
{
    const double x = ((const gm_score *)a)->score, y = ((const gm_score *)b)->score;
    return (x > y) - (x < y);
}

/* Mann and Whitney's U over the product of the two numbers of rows. Ranks are those of the sorted scores,
 * from 1; equal scores share the mean of their ranks. */
double gm_auc(gm_score *scores, size_t count)
{
    size_t positives = 0;
    double ranks = 0; /* of the positives */
    qsort(scores, count, sizeof *scores, compare_scores);
    for (size_t first = 0, end; first < count; first = end) {
        size_t hits = 0;
        for (end = first; end < count && scores[end].score == scores[first].score; end++)
            hits += scores[end].positive;
        ranks += (double)hits * ((double)(first + 1) + (double)end) / 2;
        positives += hits;
    }
    const double p = (double)positives, n = (double)(count - positives);
    return (ranks - p * (p + 1) / 2) / (p * n);
}
