/* Computes loss, accuracy and error of a network on a data set, batch by batch. */
#include "base/error.h"
#include "base/memory.h"
#include "train/batch.h"

#include <gradmill/train.h>
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

/* Sums over a data set. */
struct sums {
    double loss, squares;
    size_t hits, not_finite;
};

static void judge_rows(const gm_batch *batch, const uint32_t *rows, const void *outputs, struct sums *sums)
{
    const size_t cols = batch->y.cols;
    const bool labels = gm_dataset_has_labels(batch->dataset);
    for (size_t r = 0; r < batch->x.rows; r++)
        sums->not_finite += !row_is_finite(outputs, batch->precision, r, cols);
    for (size_t r = 0; r < batch->x.rows && labels; r++)
        sums->hits +=
            largest(outputs, batch->precision, r, cols) == gm_dataset_label(batch->dataset, rows[r]);
    for (size_t i = 0; i < batch->x.rows * cols && !labels; i++) {
        const double e =
            value_at(outputs, batch->precision, i) - value_at(batch->y_data, batch->precision, i);
        sums->squares += e * e;
    }
}

static gm_status judge_all(gm_engine *engine, gm_batch *batch, const uint32_t *order, void *outputs,
                           struct sums *sums, gm_error *error)
{
    const size_t rows = gm_dataset_rows(batch->dataset), step = gm_engine_batch(engine);
    for (size_t first = 0; first < rows; first += step) {
        double loss;
        gm_batch_gather(batch, order + first, gm_min(step, rows - first));
        const gm_status status = gm_engine_loss(engine, batch->x, batch->y, &loss, outputs, error);
        if (status != GM_OK)
            return status;
        sums->loss += loss * (double)batch->x.rows;
        judge_rows(batch, order + first, outputs, sums);
    }
    return GM_OK;
}

gm_status gm_evaluate(gm_engine *engine, const gm_dataset *dataset, const gm_scaling *scaling,
                      gm_metrics *metrics, gm_error *error)
{
    gm_batch batch;
    gm_status status = gm_batch_create(&batch, engine, dataset, scaling, error);
    if (status != GM_OK)
        return status;
    const size_t rows = gm_dataset_rows(dataset), outputs = gm_dataset_targets(dataset);
    const size_t bytes = gm_engine_batch(engine) * outputs * gm_precision_size(batch.precision);
    void *predicted = gm_alloc(bytes, 1);
    uint32_t *order = gm_batch_order(dataset);
    struct sums sums = {0};
    if (predicted && order)
        status = judge_all(engine, &batch, order, predicted, &sums, error);
    else
        status = gm_fail_memory(error, "an evaluation", bytes + rows * sizeof *order);
    const bool labels = gm_dataset_has_labels(dataset);
    *metrics = (gm_metrics){
        .rows = rows,
        .loss = sums.loss / (double)rows,
        .not_finite = sums.not_finite,
        .accuracy = labels && sums.not_finite == 0 ? (double)sums.hits / (double)rows : NAN,
        .rmse = labels ? NAN : sqrt(sums.squares / ((double)rows * (double)outputs)),
    };
    gm_free(order);
    gm_free(predicted);
    gm_batch_clear(&batch);
    return status;
}
