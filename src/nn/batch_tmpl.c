/* How a batch comes into an engine, and how results come out of it. A batch whose numbers have the precision
 * of the engine is used where it is. Others are converted into the engine's own buffers. */
#include "base/denormals.h"
#include "base/error.h"
#include "nn/pass.h"
#include "nn/pass_table.h"

#include <string.h>

/* Converts row r of an array of numbers to REAL. */
static void convert_row(gm_array array, size_t r, REAL *out)
{
    const size_t first = r * array.ld;
    switch (array.type) {
    case GM_TYPE_F32:
        for (size_t c = 0; c < array.cols; c++)
            out[c] = (REAL)((const float *)array.data)[first + c];
        break;
    case GM_TYPE_F64:
        for (size_t c = 0; c < array.cols; c++)
            out[c] = (REAL)((const double *)array.data)[first + c];
        break;
    default:
        for (size_t c = 0; c < array.cols; c++)
            out[c] = (REAL)((const uint8_t *)array.data)[first + c];
    }
}

/* Returns the array as a matrix. If its elements are not REAL, they are converted into `own`. */
static gm_mat take(gm_array array, gm_mat own)
{
    const gm_type real = GM_REAL_BITS == 32 ? GM_TYPE_F32 : GM_TYPE_F64;
    if (array.type == real)
        return (gm_mat){(REAL *)array.data, array.rows, array.cols, array.ld}; /* a pass only reads it */
    own.rows = array.rows;
    const unsigned mode = gm_flush_denormals();
    for (size_t r = 0; r < array.rows; r++)
        convert_row(array, r, gm_row(own, r));
    gm_restore_denormals(mode);
    return own;
}

static gm_status take_labels(gm_array array, gm_mat own, gm_mat *y, gm_error *error)
{
    const uint32_t *labels = array.data;
    own.rows = array.rows;
    for (size_t r = 0; r < array.rows; r++) {
        const uint32_t label = labels[r * array.ld];
        if (label >= own.cols)
            return gm_fail(error, GM_USAGE, "row %zu of the targets: label %u; expected one below %zu", r,
                           label, own.cols);
        memset(gm_row(own, r), 0, own.cols * sizeof(REAL));
        gm_row(own, r)[label] = 1;
    }
    *y = own;
    return GM_OK;
}

/* Makes the plan for a batch. Most batches are full ones; their steps are watched, so that the plan can
 * change. */
gm_plan gm_pass_plan(gm_pass *p, size_t buffer, size_t rows, bool predicted)
{
    gm_planner *planner = &p->planner;
    planner->buffer = buffer;
    if (rows == p->bound.own_x[0].rows && planner->watched_rows == 0)
        gm_watch_rows(planner, &p->bound, rows);
    return rows == planner->watched_rows ? gm_watch_plan(&planner->watch)
                                         : gm_make_plan(planner, &p->bound, rows, predicted);
}

gm_status gm_pass_bind(gm_pass *p, size_t buffer, gm_array x, const gm_array *y, gm_error *error)
{
    gm_pass_batch *batch = &p->batch;
    if (x.rows != batch->rows)
        batch->plan = gm_pass_plan(p, buffer, x.rows, false);
    batch->rows = x.rows;
    batch->x = take(x, p->bound.own_x[buffer]);
    batch->y = (gm_mat){0};
    if (y && y->type == GM_TYPE_LABEL)
        return take_labels(*y, p->bound.own_y[buffer], &batch->y, error);
    if (y)
        batch->y = take(*y, p->bound.own_y[buffer]);
    return GM_OK;
}

void gm_pass_copy_outputs(const gm_pass *p, void *outputs, size_t ld)
{
    const gm_mat a = p->bound.layers[p->bound.layer_count - 1].a;
    for (size_t r = 0; r < p->batch.rows; r++)
        memcpy((REAL *)outputs + r * ld, gm_row(a, r), a.cols * sizeof(REAL));
}

static gm_mutable_array array_of(gm_mat m)
{
    return (gm_mutable_array){m.data, GM_REAL_BITS == 32 ? GM_TYPE_F32 : GM_TYPE_F64, m.rows, m.cols, m.ld};
}

gm_batch_buffer gm_pass_buffer(const gm_pass *p, size_t index)
{
    const gm_bound *b = &p->bound;
    return (gm_batch_buffer){array_of(b->own_x[index]), array_of(b->own_y[index]), array_of(b->own_w[index])};
}

gm_array gm_pass_view(const gm_pass *p, gm_view what, size_t layer)
{
    const gm_pass_layer *l = &p->bound.layers[layer];
    const gm_mat m = what == GM_VIEW_Z ? l->z : what == GM_VIEW_A ? l->a : l->d;
    return (gm_array){m.data, GM_REAL_BITS == 32 ? GM_TYPE_F32 : GM_TYPE_F64, p->batch.rows, m.cols, m.ld};
}
