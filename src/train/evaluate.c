/* Runs a network over a data set, batch by batch, and judges each row: for loss, accuracy and error alone, as
 * after each epoch of training, or for a whole evaluation. */
#include "base/error.h"
#include "base/memory.h"
#include "data/dataset.h"
#include "train/evaluation.h"
#include "train/rows.h"
#include "train/units.h"

#include <float.h>
#include <math.h>

/* The column of the largest number of a row; the first of equals. In a one-hot row it is the label. */
static size_t largest(gm_array array, size_t row)
{
    size_t best = 0;
    for (size_t c = 1; c < array.cols; c++)
        best = gm_array_number(array, row, c) > gm_array_number(array, row, best) ? c : best;
    return best;
}

static bool row_is_finite(gm_array array, size_t row)
{
    for (size_t c = 0; c < array.cols; c++) {
        if (!isfinite(gm_array_number(array, row, c)))
            return false;
    }
    return true;
}

/* What is known of the rows so far. */
struct judge {
    const gm_scaling *scaling; /* of the targets, NULL: they were not scaled */
    double loss, squares;      /* sums over the rows; the squares are in the units of the data */
    size_t rows, hits, not_finite;
    gm_tally *tally;         /* for a whole evaluation, else NULL */
    double *output, *target; /* with a tally: one row */
};

/* One row of numbers as doubles, in the units of the data if they were scaled (NULL: they were not). */
static void widen_row(gm_array array, size_t row, const gm_scaling *scaling, double *to)
{
    for (size_t c = 0; c < array.cols; c++) {
        const double value = gm_array_number(array, row, c);
        to[c] = scaling ? gm_unscale_target(scaling, c, value) : value;
    }
}

/* How much an output is off its target, in the units of the data. */
static double error_at(gm_array outputs, gm_array targets, size_t row, size_t col, const gm_scaling *scaling)
{
    const double e = gm_array_number(outputs, row, col) - gm_array_number(targets, row, col);
    return scaling ? e / scaling->target_factor[col] : e;
}

static void tally_row(gm_array outputs, gm_array targets, size_t row, bool labels, struct judge *judge)
{
    widen_row(outputs, row, judge->scaling, judge->output);
    if (labels) {
        gm_tally_label(judge->tally, judge->output, (uint32_t)largest(targets, row));
    } else {
        widen_row(targets, row, judge->scaling, judge->target);
        gm_tally_numbers(judge->tally, judge->output, judge->target);
    }
}

static void judge_row(gm_array outputs, gm_array targets, size_t row, bool labels, struct judge *judge)
{
    const bool finite = row_is_finite(outputs, row);
    judge->not_finite += !finite;
    if (finite && judge->tally)
        tally_row(outputs, targets, row, labels, judge);
    if (labels)
        judge->hits += largest(outputs, row) == largest(targets, row);
    for (size_t c = 0; c < outputs.cols && !labels; c++) {
        const double e = error_at(outputs, targets, row, c, judge->scaling);
        judge->squares += e * e;
    }
}

/* All rows of one epoch; `outputs` has room for a batch. */
static gm_status judge_all(gm_engine *engine, const gm_row_source *source, gm_mutable_array outputs,
                           struct judge *judge, gm_error *error)
{
    const gm_batch_buffer buffer = gm_engine_buffer(engine, 0);
    size_t rows = 0;
    gm_status status = source->begin(source->context, 1, error);
    while (status == GM_OK) {
        status = gm_row_source_next(source, buffer.x.rows, &buffer, &rows, error);
        if (status != GM_OK || rows == 0)
            return status;
        const gm_batch_buffer batch = gm_buffer_rows(buffer, 0, rows);
        const gm_array targets = gm_array_of(batch.y);
        outputs.rows = rows;
        double loss;
        status = gm_engine_loss(engine, gm_array_of(batch.x), targets, &loss, outputs, error);
        if (status != GM_OK)
            return status;
        for (size_t r = 0; r < rows; r++)
            judge_row(gm_array_of(outputs), targets, r, source->labels, judge);
        judge->loss += loss * (double)rows;
        judge->rows += rows;
    }
    return status;
}

static gm_metrics metrics_of(const struct judge *judge, size_t targets, bool labels)
{
    const double rows = (double)judge->rows, outputs = (double)targets;
    return (gm_metrics){
        .rows = judge->rows,
        .loss = judge->loss / rows,
        .not_finite = judge->not_finite,
        .accuracy = labels && judge->not_finite == 0 ? (double)judge->hits / rows : NAN,
        .rmse = labels ? NAN : sqrt(judge->squares / (rows * outputs)),
    };
}

static gm_status run(gm_engine *engine, const gm_row_source *source, struct judge *judge, gm_error *error)
{
    const gm_network *network = gm_engine_network(engine);
    const gm_precision precision = gm_network_precision(network);
    const size_t batch = gm_engine_batch(engine), outputs = gm_network_outputs(network);
    gm_status status = gm_rows_check(network, source, error);
    if (status != GM_OK)
        return status;
    judge->scaling = source->target_scaling;
    const size_t bytes = batch * outputs * gm_precision_size(precision);
    void *predicted = gm_alloc(bytes, 1);
    if (!predicted)
        return gm_fail_memory(error, "an evaluation", bytes);
    status = judge_all(engine, source, gm_mutable_real(predicted, precision, batch, outputs), judge, error);
    gm_free(predicted);
    judge->loss *= gm_loss_unit(network, judge->scaling);
    if (status == GM_OK && judge->rows == 0)
        return gm_fail(error, GM_BAD_DATA, "there are no rows to evaluate");
    return status;
}

gm_status gm_evaluate_rows(gm_engine *engine, const gm_row_source *rows, gm_metrics *metrics, gm_error *error)
{
    struct judge judge = {0};
    const gm_status status = run(engine, rows, &judge, error);
    if (status == GM_OK)
        *metrics = metrics_of(&judge, rows->targets, rows->labels);
    return status;
}

gm_status gm_evaluate(gm_engine *engine, const gm_dataset *dataset, const gm_scaling *scaling,
                      gm_metrics *metrics, gm_error *error)
{
    gm_row_source rows;
    gm_status status = gm_rows_open(&rows, gm_engine_network(engine), dataset, scaling, NULL, error);
    if (status == GM_OK)
        status = gm_evaluate_rows(engine, &rows, metrics, error);
    gm_row_source_close(&rows);
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
        .answers = !labels && gm_network_loss(network) == GM_LOGISTIC,
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
    gm_row_source rows = {0};
    struct judge judge = {
        .tally = &e->tally,
        .output = gm_alloc(cols, sizeof *judge.output),
        .target = gm_alloc(cols, sizeof *judge.target),
    };
    if (judge.output && judge.target)
        status = gm_rows_open(&rows, gm_engine_network(engine), dataset, scaling, NULL, error);
    else
        status = gm_fail_memory(error, "an evaluation", 2 * cols * sizeof *judge.output);
    if (status == GM_OK)
        status = run(engine, &rows, &judge, error);
    gm_row_source_close(&rows);
    e->metrics = metrics_of(&judge, gm_dataset_targets(dataset), gm_dataset_has_labels(dataset));
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
