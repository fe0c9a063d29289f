/* A batch from a data set: rows picked by number, converted and scaled on the way, labels as one-hot rows.
 * Compiled once for each precision. */
#include "data/dataset.h"

#include "base/memory.h"
#include "base/real.h"
#include "base/vector.h"

#include <string.h>

/* One row of n features that are stored as TYPE: as they are, and scaled. The loops need no pragma:
 * nothing overlaps. Static functions, yet named by T: the linker sees clang's resolvers of them. */
#define ROW_FROM(TYPE, CONVERT, SCALE)                                                                       \
    GM_VECTOR static void CONVERT(const TYPE *restrict from, size_t n, REAL *restrict to)                    \
    {                                                                                                        \
        for (size_t f = 0; f < n; f++)                                                                       \
            to[f] = (REAL)from[f];                                                                           \
    }                                                                                                        \
    GM_VECTOR static void SCALE(const TYPE *restrict from, const float *restrict shift,                      \
                                const float *restrict factor, size_t n, REAL *restrict to)                   \
    {                                                                                                        \
        for (size_t f = 0; f < n; f++)                                                                       \
            to[f] = ((REAL)from[f] - (REAL)shift[f]) * (REAL)factor[f];                                      \
    }

ROW_FROM(uint8_t, T(convert_u8), T(scale_u8))
ROW_FROM(float, T(convert_f32), T(scale_f32))

static void gather_row(const gm_table *table, size_t row, const gm_scaling *scaling, REAL *x)
{
    const size_t n = table->features;
    if (table->type == GM_TYPE_U8) {
        const uint8_t *from = (const uint8_t *)table->x + row * n;
        if (scaling)
            T(scale_u8)(from, scaling->shift, scaling->factor, n, x);
        else
            T(convert_u8)(from, n, x);
    } else {
        const float *from = (const float *)table->x + row * n;
        if (scaling)
            T(scale_f32)(from, scaling->shift, scaling->factor, n, x);
        else
            T(convert_f32)(from, n, x);
    }
}

static void gather_target(const gm_table *table, size_t row, REAL *y)
{
    if (table->labels) {
        memset(y, 0, table->targets * sizeof *y);
        y[table->labels[row]] = 1;
    } else if (table->targets > 0) {
        T(convert_f32)(table->values + row * table->targets, table->targets, y);
    }
}

/* Rows of a shuffled epoch lie anywhere in memory: each is asked for while those before it are converted. */
#define AHEAD 2

static void fetch_row(const gm_table *table, size_t row)
{
    const size_t size = table->type == GM_TYPE_U8 ? 1 : sizeof(float), bytes = table->features * size;
    const char *from = (const char *)table->x + row * bytes;
    for (size_t i = 0; i < bytes; i += GM_ALIGNMENT)
        __builtin_prefetch(from + i);
}

void T(gm_gather)(const gm_dataset *dataset, const gm_scaling *scaling, const uint32_t *rows, size_t count,
                  REAL *x, REAL *y)
{
    const gm_table *table = dataset->table;
    for (size_t i = 0; i < count; i++) {
        if (i + AHEAD < count)
            fetch_row(table, gm_table_row(dataset, rows[i + AHEAD]));
        const size_t row = gm_table_row(dataset, rows[i]);
        gather_row(table, row, scaling, x + i * table->features);
        if (y)
            gather_target(table, row, y + i * table->targets);
    }
}
