/* Makes a batch from a data set: copies rows by their numbers, converts them to the precision of the network,
 * and scales them. Labels become one-hot rows. Compiled once for each precision. */
#include "data/dataset.h"

#include "base/denormals.h"
#include "base/memory.h"
#include "base/real.h"
#include "base/vector.h"

#include <string.h>

/* These functions are compiled for several instruction sets, and so need a name of their own for each
 * precision (base/vector.h). */
#define convert_u8  GM_TYPED(convert_u8)
#define scale_u8    GM_TYPED(scale_u8)
#define convert_f32 GM_TYPED(convert_f32)
#define scale_f32   GM_TYPED(scale_f32)
#define convert_f64 GM_TYPED(convert_f64)
#define scale_f64   GM_TYPED(scale_f64)

/* CONVERT converts one row of n features that are stored as TYPE; SCALE also scales it. `restrict` tells the
 * compiler that the arrays do not overlap, so that it vectorises the loops. */
#define ROW_FROM(TYPE, CONVERT, SCALE)                                                                       \
    GM_VECTOR static void CONVERT(const TYPE *restrict from, size_t n, REAL *restrict to)                    \
    {                                                                                                        \
        for (size_t f = 0; f < n; f++)                                                                       \
            to[f] = (REAL)from[f];                                                                           \
    }                                                                                                        \
    GM_VECTOR static void SCALE(const TYPE *restrict from, const REAL *restrict shift,                       \
                                const REAL *restrict factor, size_t n, REAL *restrict to)                    \
    {                                                                                                        \
        for (size_t f = 0; f < n; f++)                                                                       \
            to[f] = ((REAL)from[f] - shift[f]) * factor[f];                                                  \
    }

ROW_FROM(uint8_t, convert_u8, scale_u8)
ROW_FROM(float, convert_f32, scale_f32)
ROW_FROM(double, convert_f64, scale_f64)

#if GM_REAL_BITS == 32
#define SHIFT  shift_f32
#define FACTOR factor_f32
#else
#define SHIFT  shift
#define FACTOR factor
#endif

/* Copies the n features of row `row` of the table to x. */
#define GATHER(TYPE, CONVERT, SCALE)                                                                         \
    do {                                                                                                     \
        const TYPE *at = (const TYPE *)table->x + row * n;                                                   \
        if (scaling)                                                                                         \
            SCALE(at, scaling->SHIFT, scaling->FACTOR, n, x);                                                \
        else                                                                                                 \
            CONVERT(at, n, x);                                                                               \
    } while (0)

static void gather_row(const gm_table *table, size_t row, const gm_scaling *scaling, REAL *x)
{
    const size_t n = table->features;
    if (table->type == GM_TYPE_U8)
        GATHER(uint8_t, convert_u8, scale_u8);
    else if (table->type == GM_TYPE_F32)
        GATHER(float, convert_f32, scale_f32);
    else
        GATHER(double, convert_f64, scale_f64);
}

/* Scales the targets of a row. All of it is done in double: of 1000001.5, f32 would keep little more than the
 * mean. */
static void scale_targets(const gm_table *table, size_t row, const gm_scaling *scaling, REAL *y)
{
    for (size_t c = 0; c < table->targets; c++)
        y[c] = (REAL)((gm_table_value(table, row, c) - scaling->target_shift[c]) * scaling->target_factor[c]);
}

static void gather_target(const gm_table *table, size_t row, const gm_scaling *scaling, REAL *y)
{
    const size_t n = table->targets;
    if (table->labels) {
        memset(y, 0, n * sizeof *y);
        y[table->labels[row]] = 1;
    } else if (n > 0 && scaling && scaling->targets > 0) {
        scale_targets(table, row, scaling, y);
    } else if (n > 0 && table->value_type == GM_TYPE_F32) {
        convert_f32((const float *)table->values + row * n, n, y);
    } else if (n > 0) {
        convert_f64((const double *)table->values + row * n, n, y);
    }
}

/* The rows of a shuffled epoch are anywhere in memory. So a row is prefetched while the two rows before it
 * are converted. */
#define AHEAD 2

static void fetch_row(const gm_table *table, size_t row)
{
    const size_t bytes = table->features * gm_type_size(table->type);
    const char *from = (const char *)table->x + row * bytes;
    for (size_t i = 0; i < bytes; i += GM_ALIGNMENT)
        __builtin_prefetch(from + i);
}

void GM_TYPED(gm_gather)(const gm_dataset *dataset, const gm_scaling *scaling, const uint32_t *rows,
                         size_t count, const gm_batch_buffer *to)
{
    const gm_table *table = dataset->table;
    REAL *x = to->x.data, *y = to->y.data;
    const unsigned mode = gm_flush_denormals();
    for (size_t i = 0; i < count; i++) {
        if (i + AHEAD < count)
            fetch_row(table, gm_table_row(dataset, rows[i + AHEAD]));
        const size_t row = gm_table_row(dataset, rows[i]);
        gather_row(table, row, scaling, x + i * to->x.ld);
        if (y)
            gather_target(table, row, scaling, y + i * to->y.ld);
    }
    gm_restore_denormals(mode);
}
