/* A source of rows that delivers the rows of a data set in memory. It has an order of the rows, which is
 * shuffled for each epoch if the caller wants that, and a position in it. */
#include "base/error.h"
#include "base/memory.h"
#include "data/dataset.h"
#include "data/order.h"
#include "nn/side_work.h"

#include <gradmill/row_source.h>

/* Numbers in a piece of work; gathering this many takes some microseconds. */
#define PIECE 8192

struct memory_rows {
    const gm_dataset *dataset;
    const gm_scaling *scaling; /* may be NULL */
    double weight_factor;      /* gives the weights a mean of 1, so that none is too large for a float */
    uint32_t *order;           /* of all rows */
    size_t done;               /* number of rows of this epoch that were delivered */
    bool shuffles;
    uint64_t seed;             /* of the orders */
    size_t piece;              /* rows that are gathered at once */
    const gm_batch_buffer *to; /* of the batch in preparation, of `count` rows */
    size_t count;
};

static gm_status begin(void *context, size_t epoch, gm_error *error)
{
    struct memory_rows *rows = context;
    (void)error;
    rows->done = 0;
    if (rows->shuffles)
        gm_order_block(rows->seed, epoch, 0, 0, rows->order, gm_dataset_rows(rows->dataset));
    return GM_OK;
}

static gm_status skip(void *context, size_t count, gm_error *error)
{
    struct memory_rows *rows = context;
    const size_t left = gm_dataset_rows(rows->dataset) - rows->done;
    if (count > left)
        return gm_fail(error, GM_USAGE, "%zu rows to skip; the epoch has %zu more", count, left);
    rows->done += count;
    return GM_OK;
}

/* The weights of `count` rows, whose numbers are given. */
static void gather_weights(const struct memory_rows *rows, const uint32_t *numbers, size_t count,
                           gm_mutable_array to)
{
    for (size_t r = 0; r < count; r++)
        gm_put_number(to.data, to.type, r * to.ld,
                      gm_dataset_weight(rows->dataset, numbers[r]) * rows->weight_factor);
}

static void gather_piece(void *context, size_t i)
{
    const struct memory_rows *rows = context;
    const size_t first = i * rows->piece;
    const size_t count = gm_min(rows->piece, rows->count - first);
    const gm_batch_buffer to = gm_buffer_rows(*rows->to, first, count);
    const uint32_t *numbers = rows->order + rows->done + first;
    gm_gather(rows->dataset, rows->scaling, numbers, count, &to);
    if (to.w.data && gm_dataset_has_weights(rows->dataset))
        gather_weights(rows, numbers, count, to.w);
}

static gm_status prepare(void *context, size_t most, const gm_batch_buffer *to, gm_side_work *work,
                         gm_error *error)
{
    struct memory_rows *rows = context;
    (void)error;
    rows->to = to;
    rows->count = gm_min(most, gm_dataset_rows(rows->dataset) - rows->done);
    *work = (gm_side_work){gather_piece, rows, gm_pieces(rows->count, rows->piece)};
    return GM_OK;
}

static gm_status finish(void *context, size_t *count, gm_error *error)
{
    struct memory_rows *rows = context;
    (void)error;
    *count = rows->count;
    rows->done += rows->count;
    rows->count = 0;
    return GM_OK;
}

static uint64_t fingerprint(void *context)
{
    const struct memory_rows *rows = context;
    return gm_dataset_fingerprint(rows->dataset, rows->scaling);
}

static void close_rows(void *context)
{
    struct memory_rows *rows = context;
    gm_free(rows->order);
    gm_free(rows);
}

static gm_status check(const gm_dataset *dataset, const gm_scaling *scaling, gm_error *error)
{
    if (gm_dataset_rows(dataset) == 0)
        return gm_fail(error, GM_USAGE, "the data has no rows");
    const gm_status status = gm_dataset_check_encoded(dataset, error);
    return status == GM_OK ? gm_scaling_check(scaling, dataset, error) : status;
}

static struct memory_rows *create(const gm_dataset *dataset, const gm_scaling *scaling, const uint64_t *seed)
{
    struct memory_rows *rows = gm_alloc(1, sizeof *rows);
    uint32_t *order = gm_alloc(gm_dataset_rows(dataset), sizeof *order);
    if (!rows || !order) {
        gm_free(rows);
        gm_free(order);
        return NULL;
    }
    for (size_t i = 0; i < gm_dataset_rows(dataset); i++)
        order[i] = (uint32_t)i;
    *rows = (struct memory_rows){
        .dataset = dataset,
        .scaling = scaling,
        .weight_factor = gm_weight_factor(dataset),
        .order = order,
        .shuffles = seed != NULL,
        .seed = seed ? *seed : 0,
        .piece = gm_max(1, PIECE / gm_max(1, gm_dataset_features(dataset))),
    };
    return rows;
}

gm_status gm_row_source_open(gm_row_source *source, const gm_dataset *dataset, const gm_scaling *scaling,
                             const uint64_t *seed, gm_error *error)
{
    *source = (gm_row_source){0};
    const gm_status status = check(dataset, scaling, error);
    if (status != GM_OK)
        return status;
    struct memory_rows *rows = create(dataset, scaling, seed);
    if (!rows)
        return gm_fail_memory(error, "the order of the rows",
                              sizeof *rows + gm_dataset_rows(dataset) * sizeof *rows->order);
    *source = (gm_row_source){
        .context = rows,
        .features = gm_dataset_features(dataset),
        .targets = gm_dataset_targets(dataset),
        .labels = gm_dataset_has_labels(dataset),
        .weighted = gm_dataset_has_weights(dataset),
        .rows = gm_dataset_rows(dataset),
        .target_scaling = scaling && scaling->targets > 0 ? scaling : NULL,
        .begin = begin,
        .prepare = prepare,
        .finish = finish,
        .close = close_rows,
        .skip = skip,
        .fingerprint = fingerprint,
    };
    return GM_OK;
}

void gm_row_source_close(gm_row_source *source)
{
    if (source->close)
        source->close(source->context);
    *source = (gm_row_source){0};
}

gm_status gm_row_source_next(const gm_row_source *source, size_t most, const gm_batch_buffer *to,
                             size_t *count, gm_error *error)
{
    gm_side_work work = {0};
    *count = 0;
    const gm_status status = source->prepare(source->context, most, to, &work, error);
    if (status != GM_OK)
        return status;
    gm_side_work_do(&work);
    return source->finish(source->context, count, error);
}
