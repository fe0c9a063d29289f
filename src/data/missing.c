/* Missing values in tables that were read from arrays: they are NaN. Most tables have none, so the first look
 * at a row only asks whether all of it is finite. */
#include "data/missing.h"

#include "base/error.h"
#include "base/number.h"
#include "data/classes.h"
#include "data/columns.h"

#include <float.h>
#include <math.h>
#include <string.h>

/* Squares of targets up to this size can be summed over a batch in single precision without overflow. */
#define LARGEST_F32_TARGET 1e18

gm_missing gm_missing_choose(const gm_dataset_options *options)
{
    if (options->missing != GM_MISSING_AUTO)
        return options->missing;
    const gm_columns *columns = options->columns;
    bool replaces = columns && columns->count > 0;
    for (size_t c = 0; replaces && c < columns->count; c++)
        replaces = !isnan(columns->items[c].replacement);
    return replaces ? GM_MISSING_MEAN : GM_MISSING_REFUSE;
}

gm_status gm_missing_remark(gm_table *table, gm_missing missing, size_t replaced, size_t dropped,
                            gm_error *error)
{
    const size_t open = table->missing;
    const char *by = missing == GM_MISSING_MEDIAN          ? "medians"
                     : missing == GM_MISSING_MOST_FREQUENT ? "most frequent values"
                                                           : "means";
    gm_status status = GM_OK;
    if (replaced > 0)
        status =
            gm_table_remark(table, error, "%zu missing value%s replaced as learned from the training data",
                            replaced, gm_plural(replaced));
    if (!status && open > 0 && missing == GM_MISSING_KEEP)
        status = gm_table_remark(table, error, "%zu missing value%s", open, gm_plural(open));
    else if (!status && open > 0)
        status = gm_table_remark(table, error,
                                 "%zu missing value%s will be replaced by the %s of the training part", open,
                                 gm_plural(open), by);
    if (!status && dropped > 0)
        status = gm_table_remark(table, error, "%zu row%s with missing values left out", dropped,
                                 gm_plural(dropped));
    return status;
}

/* One pass over a table. */
typedef struct settling {
    gm_table *table;
    const char *path;
    const gm_dataset_options *options;
    gm_missing missing;
    size_t kept;
} settling;

static bool row_is_finite(const gm_table *table, size_t row)
{
    const size_t first = row * table->features, end = first + table->features;
    bool finite = true;
    if (table->type == GM_TYPE_F32) {
        const float *x = table->x;
        for (size_t i = first; i < end; i++)
            finite &= fabsf(x[i]) <= FLT_MAX;
    } else {
        const double *x = table->x;
        for (size_t i = first; i < end; i++)
            finite &= fabs(x[i]) <= DBL_MAX;
    }
    return finite;
}

static gm_status fail_feature(const settling *s, size_t row, size_t f, bool missing, gm_error *error)
{
    /* The column of the file that is the target, but no feature. */
    const size_t target = s->table->target_places > 0 ? s->table->target_columns[0] : 0;
    const size_t column = f + 1 + (target > 0 && f + 1 >= target);
    const char *hint = s->options->columns
                           ? "the model has learned nothing that replaces it; say --missing drop"
                           : "say --missing mean or --missing drop";
    if (missing)
        return gm_fail(error, GM_BAD_DATA, "%s: row %zu, column %zu: expected a value, got NaN; %s", s->path,
                       row + 1, column, hint);
    return gm_fail(
        error, GM_BAD_DATA, "%s: row %zu, column %zu: the number is infinite%s", s->path, row + 1, column,
        s->table->type == GM_TYPE_F32 ? " or too large; expected at most 3.4e38" : "; expected a finite one");
}

/* Looks at each feature of a row that has one which is not finite. */
static gm_status settle_features(settling *s, size_t row, bool *keep, gm_error *error)
{
    gm_table *table = s->table;
    const gm_columns *columns = s->options->columns;
    for (size_t f = 0; f < table->features; f++) {
        const size_t at = row * table->features + f;
        const double value = gm_get_number(table->x, table->type, at);
        if (isfinite(value))
            continue;
        const bool known = !columns || !isnan(columns->items[f].replacement);
        const bool drops = s->missing == GM_MISSING_DROP;
        if (!isnan(value) || s->missing == GM_MISSING_REFUSE || (!drops && !known))
            return fail_feature(s, row, f, isnan(value), error);
        if (drops)
            *keep = false;
        else
            table->missing++; /* it stays NaN until the table is encoded */
    }
    return GM_OK;
}

static gm_status fail_target(const settling *s, size_t row, const char *what, const char *hint,
                             gm_error *error)
{
    return gm_fail(error, GM_BAD_DATA, "%s: the target of row %zu %s; %s", s->path, row + 1, what, hint);
}

static gm_status settle_targets(settling *s, size_t row, bool *keep, gm_error *error)
{
    const gm_table *table = s->table;
    bool missing = table->labels && table->labels[row] == GM_NO_CLASS;
    for (size_t t = 0; table->values && t < table->targets; t++) {
        const double value = gm_table_value(table, row, t);
        missing |= isnan(value) != 0;
        if (isinf(value))
            return fail_target(s, row, "is infinite", "expected a finite number", error);
        if (s->options->precision == GM_F32 && fabs(value) > LARGEST_F32_TARGET)
            return fail_target(
                s, row, "is larger than 1e18",
                "its square overflows single precision: divide the targets, or say --precision f64", error);
    }
    if (missing && s->missing != GM_MISSING_DROP)
        return fail_target(s, row, "is NaN", "targets are never made up; say --missing drop", error);
    *keep &= !missing;
    return GM_OK;
}

/* Moves a row to the end of those that are kept. */
static void keep_row(settling *s, size_t row)
{
    gm_table *table = s->table;
    const size_t size = table->features * gm_type_size(table->type), values = table->targets * sizeof(double);
    if (row != s->kept) {
        memcpy((char *)table->x + s->kept * size, (const char *)table->x + row * size, size);
        if (table->labels)
            table->labels[s->kept] = table->labels[row];
        if (table->values)
            memcpy((char *)table->values + s->kept * values, (const char *)table->values + row * values,
                   values);
    }
    s->kept++;
}

gm_status gm_missing_settle(gm_table *table, const char *path, const gm_dataset_options *options,
                            gm_error *error)
{
    settling s = {.table = table, .path = path, .options = options, .missing = gm_missing_choose(options)};
    for (size_t row = 0; row < table->rows; row++) {
        bool keep = true;
        gm_status status = GM_OK;
        if (table->type != GM_TYPE_U8 && !row_is_finite(table, row))
            status = settle_features(&s, row, &keep, error);
        if (!status)
            status = settle_targets(&s, row, &keep, error);
        if (status)
            return status;
        if (keep)
            keep_row(&s, row);
    }
    const size_t dropped = table->rows - s.kept;
    table->rows = s.kept;
    if (s.kept == 0)
        return gm_fail(error, GM_BAD_DATA, "%s: no rows; a value is missing in each of them", path);
    const size_t replaced = options->columns ? table->missing : 0;
    const gm_status status = options->columns ? gm_table_encode(table, options->columns, error) : GM_OK;
    return status ? status : gm_missing_remark(table, s.missing, replaced, dropped, error);
}
