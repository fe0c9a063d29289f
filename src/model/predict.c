/* Applies a model to rows, batch by batch. Raw rows are copied to a table for one batch, and missing values
 * are replaced. From there they are treated like the rows of a data set (gm_gather scales them),
 * so that the prediction for a row is the same whether it comes from a file or from an array. */
#include <gradmill/predict.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/options.h"
#include "data/dataset.h"

#include <math.h>
#include <string.h>

struct gm_predictor {
    const gm_model *model; /* borrowed */
    gm_engine *engine;
    size_t inputs, outputs, batch;
    gm_precision precision;
    gm_table raw;       /* the raw rows of a batch */
    gm_dataset raw_set; /* the data set of these rows */
    uint32_t *rows;     /* the numbers of the rows of a batch in their data set */
    gm_mutable_array x; /* batch x inputs, scaled: the engine's buffer */
    void *answers;      /* batch x outputs: for labels alone, and for outputs that are to be converted */
};

static gm_status check_model(const gm_model *model, gm_error *error)
{
    const size_t inputs = gm_network_inputs(model->network), outputs = gm_network_outputs(model->network);
    if (model->columns && model->columns->inputs != inputs)
        return gm_fail(error, GM_USAGE,
                       "the columns of the model make %zu inputs; expected %zu, those of its network",
                       model->columns->inputs, inputs);
    if (model->scaling && model->scaling->features != inputs)
        return gm_fail(error, GM_USAGE,
                       "the scaling has %zu features; expected %zu, the inputs of the network",
                       model->scaling->features, inputs);
    if (model->scaling && model->scaling->targets > 0 && model->scaling->targets != outputs)
        return gm_fail(error, GM_USAGE,
                       "the scaling has %zu targets; expected %zu, the outputs of the network",
                       model->scaling->targets, outputs);
    if (model->classes && model->class_count != outputs)
        return gm_fail(error, GM_USAGE, "the model has %zu classes; expected %zu, the outputs of its network",
                       model->class_count, outputs);
    return GM_OK;
}

static gm_status reserve(gm_predictor *p, gm_error *error)
{
    const size_t size = gm_precision_size(p->precision);
    p->raw.x = gm_alloc(p->batch, p->inputs * sizeof(double)); /* the widest type of a raw row */
    p->rows = gm_alloc(p->batch, sizeof *p->rows);
    p->answers = gm_alloc(p->batch, p->outputs * size);
    if (p->raw.x && p->rows && p->answers)
        return GM_OK;
    return gm_fail_memory(error, "a batch", p->batch * (p->inputs * sizeof(double) + p->outputs * size));
}

static gm_status create(gm_predictor *p, const gm_model *model, const gm_engine_options *options,
                        gm_error *error)
{
    gm_engine_options own = gm_engine_options_default();
    gm_status status = gm_options_read(&own, sizeof own, options, "gm_engine_options", error);
    own.inference = true;
    p->model = model;
    if (status == GM_OK)
        status = gm_engine_create(&p->engine, model->network, &own, error);
    if (status != GM_OK)
        return status;
    p->inputs = gm_network_inputs(model->network);
    p->outputs = gm_network_outputs(model->network);
    p->precision = gm_network_precision(model->network);
    p->batch = gm_engine_batch(p->engine);
    p->x = gm_engine_buffer(p->engine, 0).x;
    p->raw.features = p->inputs;
    p->raw_set = (gm_dataset){.table = &p->raw};
    return reserve(p, error);
}

gm_status gm_predictor_create(gm_predictor **predictor, const gm_model *model,
                              const gm_engine_options *options, gm_error *error)
{
    *predictor = NULL;
    gm_status status = check_model(model, error);
    if (status != GM_OK)
        return status;
    gm_predictor *p = gm_alloc(1, sizeof *p);
    if (!p)
        return gm_fail_memory(error, "a predictor", sizeof *p);
    status = create(p, model, options, error);
    if (status == GM_OK)
        *predictor = p;
    else
        gm_predictor_destroy(p);
    return status;
}

void gm_predictor_destroy(gm_predictor *p)
{
    if (!p)
        return;
    gm_engine_destroy(p->engine);
    gm_free(p->raw.x);
    gm_free(p->rows);
    gm_free(p->answers);
    gm_free(p);
}

/* Checks the arrays for the results, for all rows, before anything is computed. */
static gm_status check_results(const gm_predictor *p, size_t count, gm_mutable_array outputs,
                               gm_mutable_array labels, gm_error *error)
{
    const gm_type real = gm_type_of(p->precision);
    if (!outputs.data && !labels.data)
        return gm_fail(error, GM_USAGE, "neither outputs nor labels are wanted");
    const bool typed = outputs.type == real || outputs.type == GM_TYPE_F64;
    if (outputs.data &&
        (!typed || outputs.rows != count || outputs.cols != p->outputs || outputs.ld < p->outputs))
        return gm_fail(error, GM_USAGE,
                       "outputs: %zu x %zu of type %s, one row every %zu; expected %zu x %zu of type %s%s",
                       outputs.rows, outputs.cols, gm_type_name(outputs.type), outputs.ld, count, p->outputs,
                       gm_type_name(real), real == GM_TYPE_F64 ? "" : " or f64");
    if (labels.data && !p->model->classes)
        return gm_fail(error, GM_USAGE, "labels are wanted, but the model has no classes");
    if (labels.data &&
        (labels.type != GM_TYPE_LABEL || labels.rows != count || labels.cols != 1 || labels.ld < 1))
        return gm_fail(error, GM_USAGE, "labels: %zu x %zu of type %s; expected %zu x 1 of type label",
                       labels.rows, labels.cols, gm_type_name(labels.type), count);
    return GM_OK;
}

/* The class with the largest output; if there are several, the first of them. GM_NO_CLASS if an output is not
 * finite. */
static uint32_t largest(gm_array answers, size_t row)
{
    size_t best = 0;
    for (size_t c = 0; c < answers.cols; c++) {
        const double value = gm_array_number(answers, row, c);
        if (!isfinite(value))
            return GM_NO_CLASS;
        if (value > gm_array_number(answers, row, best))
            best = c;
    }
    return (uint32_t)best;
}

/* A view of `count` rows of an array, from row `first` on. */
static gm_array rows_of(gm_array array, size_t first, size_t count)
{
    array.data = (const char *)array.data + first * array.ld * gm_type_size(array.type);
    array.rows = count;
    return array;
}

/* Whether what the engine writes is what the caller wants. */
static bool as_they_are(const gm_predictor *p, gm_mutable_array outputs)
{
    return outputs.type == gm_type_of(p->precision) &&
           (!p->model->scaling || p->model->scaling->targets == 0);
}

/* Turns answers back into the units of the data, in double. */
static void convert(const gm_predictor *p, gm_array answers, gm_mutable_array outputs)
{
    const gm_scaling *scaling = p->model->scaling;
    for (size_t r = 0; r < answers.rows; r++) {
        for (size_t c = 0; c < p->outputs; c++) {
            const double answer = gm_array_number(answers, r, c);
            gm_put_number(outputs.data, outputs.type, r * outputs.ld + c,
                          scaling && scaling->targets > 0 ? gm_unscale_target(scaling, c, answer) : answer);
        }
    }
}

/* Computes one batch: rows p->rows[0 .. count) of the set. The results are stored in the caller's arrays,
 * from row `done` on. */
static gm_status run_batch(gm_predictor *p, const gm_dataset *set, size_t count, size_t done,
                           gm_mutable_array outputs, gm_mutable_array labels, gm_error *error)
{
    const gm_mutable_array x = gm_mutable_rows(p->x, 0, count);
    const bool direct = outputs.data && as_they_are(p, outputs);
    const gm_mutable_array to = gm_mutable_rows(outputs, done, count);
    const gm_mutable_array answers =
        direct ? to : gm_mutable_real(p->answers, p->precision, count, p->outputs);
    gm_gather(set, p->model->scaling, p->rows, count, &(gm_batch_buffer){.x = x});
    const gm_status status = gm_engine_predict(p->engine, gm_array_of(x), answers, error);
    if (status == GM_OK && outputs.data && !direct)
        convert(p, gm_array_of(answers), to);
    for (size_t r = 0; r < count && status == GM_OK && labels.data; r++)
        ((uint32_t *)labels.data)[(done + r) * labels.ld] = largest(gm_array_of(answers), r);
    return status;
}

/* The column that makes an input. */
static const gm_data_column *column_of(const gm_columns *columns, size_t input)
{
    size_t c = columns->count - 1;
    while (columns->items[c].first > input)
        c--;
    return &columns->items[c];
}

/* Replaces a missing number, which is number `at` of p->raw in the caller's row `row`, by what its column has
 * for it, and sets the column's indicator. */
static gm_status fill_in(const gm_predictor *p, size_t at, size_t row, gm_error *error)
{
    const size_t input = at % p->inputs;
    const gm_columns *columns = p->model->columns;
    const gm_data_column *column = columns ? column_of(columns, input) : NULL;
    const char *name = column ? column->name : NULL;
    if (!column || column->categories || column->first != input || isnan(column->replacement))
        return gm_fail(error, GM_BAD_DATA,
                       "row %zu: feature %zu%s%s%s has no value, and the model has nothing that replaces it",
                       row, input + 1, name ? " ('" : "", name ? name : "", name ? "')" : "");
    gm_put_number(p->raw.x, p->raw.type, at, column->replacement);
    if (column->indicator)
        gm_put_number(p->raw.x, p->raw.type, at + 1, 1);
    return GM_OK;
}

/* Copies the rows of a batch, which begin with the caller's row `first`, to p->raw. */
static gm_status take_rows(gm_predictor *p, gm_array batch, size_t first, gm_error *error)
{
    const size_t bytes = p->inputs * gm_type_size(batch.type);
    p->raw.type = batch.type;
    p->raw.rows = p->raw_set.rows = batch.rows;
    for (size_t r = 0; r < batch.rows; r++) {
        memcpy((char *)p->raw.x + r * bytes, rows_of(batch, r, 1).data, bytes);
        p->rows[r] = (uint32_t)r;
    }
    if (batch.type == GM_TYPE_U8) /* bytes are never missing */
        return GM_OK;
    for (size_t i = 0; i < batch.rows * p->inputs; i++) {
        if (!isnan(gm_get_number(p->raw.x, batch.type, i)))
            continue;
        const gm_status status = fill_in(p, i, first + i / p->inputs, error);
        if (status != GM_OK)
            return status;
    }
    return GM_OK;
}

gm_status gm_predictor_run(gm_predictor *p, gm_array x, gm_mutable_array outputs, gm_mutable_array labels,
                           gm_error *error)
{
    if (x.rows > 0 && !x.data)
        return gm_fail(error, GM_USAGE, "inputs: no data");
    if (x.type != GM_TYPE_U8 && x.type != GM_TYPE_F32 && x.type != GM_TYPE_F64)
        return gm_fail(error, GM_USAGE, "inputs: type %s; expected u8, f32 or f64", gm_type_name(x.type));
    if (x.cols != p->inputs || x.ld < x.cols)
        return gm_fail(error, GM_USAGE, "inputs: %zu columns, one row every %zu; expected %zu columns",
                       x.cols, x.ld, p->inputs);
    gm_status status = check_results(p, x.rows, outputs, labels, error);
    for (size_t done = 0; done < x.rows && status == GM_OK; done += p->batch) {
        const size_t count = gm_min(p->batch, x.rows - done);
        status = take_rows(p, rows_of(x, done, count), done, error);
        if (status == GM_OK)
            status = run_batch(p, &p->raw_set, count, done, outputs, labels, error);
    }
    return status;
}

gm_status gm_predictor_run_dataset(gm_predictor *p, const gm_dataset *dataset, size_t first, size_t count,
                                   gm_mutable_array outputs, gm_mutable_array labels, gm_error *error)
{
    if (gm_dataset_features(dataset) != p->inputs)
        return gm_fail(error, GM_USAGE, "the data has %zu features; expected %zu, the inputs of the network",
                       gm_dataset_features(dataset), p->inputs);
    if (gm_dataset_check_encoded(dataset, error) != GM_OK)
        return GM_USAGE;
    if (first > gm_dataset_rows(dataset) || count > gm_dataset_rows(dataset) - first)
        return gm_fail(error, GM_USAGE, "%zu rows from row %zu on; the data has %zu", count, first,
                       gm_dataset_rows(dataset));
    gm_status status = check_results(p, count, outputs, labels, error);
    for (size_t done = 0; done < count && status == GM_OK; done += p->batch) {
        const size_t now = gm_min(p->batch, count - done);
        for (size_t r = 0; r < now; r++)
            p->rows[r] = (uint32_t)(first + done + r);
        status = run_batch(p, dataset, now, done, outputs, labels, error);
    }
    return status;
}
