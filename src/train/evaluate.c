/* Runs a network over a data set, batch by batch, and judges each row: for loss, accuracy and error alone, as
 * after each epoch of training, or for a whole evaluation. */
#include "base/error.h"
#include "base/memory.h"
#include "train/batch.h"
#include "train/evaluation.h"

#include <float.h>
#include <math.h>

static double value_at(const void *values, gm_precision precision, size_t index)
{
    return precision == GM_F64 ? ((const double *)values)[index] : (double)((const float *)values)[index];
}

/* The column of the largest of `cols` outputs; the first of equals. */
static size_t largest(const void *outputs, gm_precision precision, size_t row, size_t cols)
{
    size_t best = 0;
    for (size_t c = 1; c < cols; c++) {
        if (value_at(outputs, precision, row * cols + c) > value_at(outputs, precision, row * cols + best))
            best = c;
    }
    return best;
}

static bool row_is_finite(const void *outputs, gm_precision precision, size_t row, size_t cols)
{
    for (size_t c = 0; c < cols; c++) {
        if (!isfinite(value_at(outputs, precision, row * cols + c)))
            return false;
    }
    return true;
}

/* What is known of the rows so far. */
struct judge {
    double loss, squares; /* sums over the rows */
    size_t hits, not_finite;
    gm_tally *tally;         /* for a whole evaluation, else NULL */
    double *output, *target; /* with a tally: one row */
};

/* One row of `cols` numbers as doubles. */
static void widen_row(const void *values, gm_precision precision, size_t row, size_t cols, double *to)
{
    for (size_t c = 0; c < cols; c++)
        to[c] = value_at(values, precision, row * cols + c);
}

static void tally_row(const gm_batch *batch, uint32_t row, size_t r, const void *outputs, struct judge *judge)
{
    const size_t cols = batch->y.cols;
    widen_row(outputs, batch->precision, r, cols, judge->output);
    if (gm_dataset_has_labels(batch->dataset)) {
        gm_tally_label(judge->tally, judge->output, gm_dataset_label(batch->dataset, row));
    } else {
        widen_row(batch->y_data, batch->precision, r, cols, judge->target);
        gm_tally_numbers(judge->tally, judge->output, judge->target);
    }
}

static void judge_rows(const gm_batch *batch, const uint32_t *rows, const void *outputs, struct judge *judge)
{
    const size_t cols = batch->y.cols;
    const bool labels = gm_dataset_has_labels(batch->dataset);
    for (size_t r = 0; r < batch->x.rows; r++) {
        const bool finite = row_is_finite(outputs, batch->precision, r, cols);
        judge->not_finite += !finite;
        if (finite && judge->tally)
            tally_row(batch, rows[r], r, outputs, judge);
    }
    for (size_t r = 0; r < batch->x.rows && labels; r++)
        judge->hits +=
            largest(outputs, batch->precision, r, cols) == gm_dataset_label(batch->dataset, rows[r]);
    for (size_t i = 0; i < batch->x.rows * cols && !labels; i++) {
        const double e =
            value_at(outputs, batch->precision, i) - value_at(batch->y_data, batch->precision, i);
        judge->squares += e * e;
    }
}

static gm_status judge_all(gm_engine *engine, gm_batch *batch, const uint32_t *order, void *outputs,
                           struct judge *judge, gm_error *error)
{
    const size_t cols = gm_dataset_targets(batch->dataset);
    const size_t rows = gm_dataset_rows(batch->dataset), step = gm_engine_batch(engine);
    for (size_t first = 0; first < rows; first += step) {
        double loss;
        gm_batch_gather(batch, order + first, gm_min(step, rows - first));
        const gm_status status =
            gm_engine_loss(engine, batch->x, batch->y, &loss,
                           gm_mutable_real(outputs, batch->precision, batch->x.rows, cols), error);
        if (status != GM_OK)
            return status;
        judge->loss += loss * (double)batch->x.rows;
        judge_rows(batch, order + first, outputs, judge);
    }
    return GM_OK;
}

static gm_metrics metrics_of(const struct judge *judge, const gm_dataset *dataset)
{
    const double rows = (double)gm_dataset_rows(dataset), outputs = (double)gm_dataset_targets(dataset);
    const bool labels = gm_dataset_has_labels(dataset);
    return (gm_metrics){
        .rows = gm_dataset_rows(dataset),
        .loss = judge->loss / rows,
        .not_finite = judge->not_finite,
        .accuracy = labels && judge->not_finite == 0 ? (double)judge->hits / rows : NAN,
        .rmse = labels ? NAN : sqrt(judge->squares / (rows * outputs)),
    };
}

static gm_status run(gm_engine *engine, const gm_dataset *dataset, const gm_scaling *scaling,
                     struct judge *judge, gm_error *error)
{
    gm_batch batch;
    gm_status status = gm_batch_create(&batch, engine, dataset, scaling, error);
    if (status != GM_OK)
        return status;
    const size_t bytes =
        gm_engine_batch(engine) * gm_dataset_targets(dataset) * gm_precision_size(batch.precision);
    void *predicted = gm_alloc(bytes, 1);
    uint32_t *order = gm_batch_order(dataset);
    if (predicted && order)
        status = judge_all(engine, &batch, order, predicted, judge, error);
    else
        status = gm_fail_memory(error, "an evaluation", bytes + gm_dataset_rows(dataset) * sizeof *order);
    gm_free(order);
    gm_free(predicted);
    gm_batch_clear(&batch);
    return status;
}

gm_status gm_evaluate(gm_engine *engine, const gm_dataset *dataset, const gm_scaling *scaling,
                      gm_metrics *metrics, gm_error *error)
{
    struct judge judge = {0};
    const gm_status status = run(engine, dataset, scaling, &judge, error);
    if (status == GM_OK)
        *metrics = metrics_of(&judge, dataset);
    return status;
}

/* What the tally of this network and data counts. */
static gm_tally tally_kind(const gm_network *network, const gm_dataset *dataset)
{
    const size_t last = gm_network_layer_count(network) - 1, targets = gm_dataset_targets(dataset);
    const bool labels = gm_dataset_has_labels(dataset);
    return (gm_tally){
        .classes = labels ? targets : 0,
        .targets = labels ? 0 : targets,
        .probabilities = labels && gm_network_layer(network, last).activation == GM_SOFTMAX,
        .least = gm_network_precision(network) == GM_F64 ? DBL_MIN : (double)FLT_MIN,
    };
}

static gm_status fill(gm_evaluation *e, gm_engine *engine, const gm_dataset *dataset,
                      const gm_scaling *scaling, gm_error *error)
{
    const gm_tally kind = tally_kind(gm_engine_network(engine), dataset);
    const size_t cols = gm_dataset_targets(dataset);
    gm_status status = gm_tally_create(&e->tally, &kind, gm_dataset_rows(dataset), error);
    if (status != GM_OK)
        return status;
    struct judge judge = {
        .tally = &e->tally,
        .output = gm_alloc(cols, sizeof *judge.output),
        .target = gm_alloc(cols, sizeof *judge.target),
    };
    if (judge.output && judge.target)
        status = run(engine, dataset, scaling, &judge, error);
    else
        status = gm_fail_memory(error, "an evaluation", 2 * cols * sizeof *judge.output);
    e->metrics = metrics_of(&judge, dataset);
    e->auc = kind.classes == 2 ? gm_auc(e->tally.scores, e->tally.rows) : NAN;
    gm_free(judge.output);
    gm_free(judge.target);
    return status;
}

gm_status gm_evaluation_create(gm_evaluation **evaluation, gm_engine *engine, const gm_dataset *dataset,
                               const gm_scaling *scaling, gm_error *error)
{
    *evaluation = gm_alloc(1, sizeof **evaluation);
    if (!*evaluation)
        return gm_fail_memory(error, "an evaluation", sizeof **evaluation);
    const gm_status status = fill(*evaluation, engine, dataset, scaling, error);
    if (status != GM_OK) {
        gm_evaluation_destroy(*evaluation);
        *evaluation = NULL;
    }
    return status;
}

void gm_evaluation_destroy(gm_evaluation *evaluation)
{
    if (evaluation)
        gm_tally_clear(&evaluation->tally);
    gm_free(evaluation);
}
