/* Reads data sets from NPY files, which numpy.save writes: an array of features, and perhaps one of targets
 * in a file of its own. The first index of an array counts the rows. An array of images, which has more
 * indices, becomes a row of numbers for each image. Bytes are kept as bytes; other types are converted to the
 * precision of the network. */
#include "data/npy.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/number.h"
#include "data/columns.h"
#include "data/csv.h"
#include "data/format.h"
#include "data/missing.h"
#include "data/npy_array.h"
#include "data/number_targets.h"

#include <string.h>

/* What is known before numbers are read. */
typedef struct npy_pair {
    gm_npy_head x, y;
    gm_source *x_source, *y_source; /* y_source NULL: there is no array of targets */
    size_t target;                  /* the column of x that is the target; x.columns: none */
    const gm_dataset_options *options;
} npy_pair;

/* Finds the column that the user named. */
static gm_status find_named(npy_pair *pair, gm_error *error)
{
    const char *name = pair->options->target;
    const size_t columns = pair->x.columns;
    char shown[GM_CSV_SHOWN];
    const bool from_end = *name == '-';
    uint64_t number = 0;
    if (strcmp(name, "none") == 0)
        return GM_OK;
    if (!gm_parse_u64(name + from_end, &number) || number < 1 || number > columns)
        return gm_fail(
            error, GM_BAD_DATA,
            "%s: no column '%s' for the target; expected a number from 1 to %zu or -%zu to -1: columns "
            "of an array have no names",
            pair->x.path, gm_csv_show_text(name, shown), columns, columns);
    pair->target = from_end ? columns - (size_t)number : (size_t)number - 1;
    return GM_OK;
}

/* The column that is the target: the one that the user named, or that in which the model's training data had
 * it. In training there is none unless it is named, because nothing in an array tells features and targets
 * apart. */
static gm_status find_target(npy_pair *pair, gm_error *error)
{
    const gm_columns *columns = pair->options->columns;
    pair->target = pair->x.columns;
    if (pair->y_source)
        return GM_OK;
    if (pair->options->target)
        return find_named(pair, error);
    if (!columns || pair->x.columns != columns->count + 1)
        return GM_OK;
    if (columns->target_count == 1 && columns->targets[0].column > 0 &&
        columns->targets[0].column <= pair->x.columns)
        pair->target = columns->targets[0].column - 1;
    else if (!pair->options->ignore_target)
        pair->target = pair->x.columns - 1;
    return GM_OK;
}

static gm_status check_features(const npy_pair *pair, gm_table *table, gm_error *error)
{
    const gm_columns *columns = pair->options->columns;
    const bool targeted = pair->target < pair->x.columns;
    const size_t features = pair->x.columns - targeted;
    if (pair->x.rows > UINT32_MAX)
        return gm_fail(error, GM_LIMIT, "%s: too many rows; expected at most 4294967295", pair->x.path);
    if (features == 0)
        return gm_fail(error, GM_BAD_DATA, "%s: only one column, which is the target; expected features too",
                       pair->x.path);
    if (!columns)
        return GM_OK;
    if (features != columns->count)
        return gm_fail(error, GM_BAD_DATA, "%s: %zu features%s; expected %zu, the features of the model",
                       pair->x.path, features, targeted ? " beside the target" : "", columns->count);
    if (gm_columns_check_numbers(columns, pair->x.path, error) != GM_OK)
        return GM_BAD_DATA;
    return gm_columns_named(columns)
               ? gm_table_remark(table, error,
                                 "columns are matched by position, because an array has no names")
               : GM_OK;
}

static gm_status check_targets(const npy_pair *pair, gm_error *error)
{
    const gm_npy_head *x = &pair->x, *y = &pair->y;
    char shape[GM_NPY_SHAPE];
    if (y->dimensions > 2)
        return gm_fail(error, GM_BAD_DATA,
                       "%s: an array of %s; expected targets in 1 dimension, or several for each row in 2%s",
                       y->path, gm_npy_shape(y, shape),
                       x->dimensions == 1 ? "; are data and labels exchanged?" : "");
    if (y->rows != x->rows)
        return gm_fail(error, GM_BAD_DATA, "%s: targets of %zu rows; expected %zu, one for each row of %s",
                       y->path, y->rows, x->rows, x->path);
    return GM_OK;
}

/* Reads the heads of both arrays, and checks them before any number is read. */
static gm_status read_heads(npy_pair *pair, gm_table *table, gm_error *error)
{
    gm_status status = gm_npy_head_read(&pair->x, pair->x_source, error);
    if (!status && pair->y_source)
        status = gm_source_refuse_foreign(pair->y_source, error);
    if (!status && pair->y_source)
        status = gm_npy_head_read(&pair->y, pair->y_source, error);
    if (!status)
        status = find_target(pair, error);
    if (!status && pair->y_source)
        status = check_targets(pair, error);
    return status ? status : check_features(pair, table, error);
}

/* Makes the column of targets, or the array of targets, the targets of the table. */
static gm_status take_targets(npy_pair *pair, gm_table *table, double **column, gm_error *error)
{
    const gm_npy_head *head = pair->y_source ? &pair->y : &pair->x;
    gm_npy_array array = {.type = GM_TYPE_F64, .target = pair->y.columns};
    gm_number_targets targets = {
        .path = head->path, .numbers = *column, .columns = 1, .fractions = !gm_npy_is_whole(head)};
    gm_status status = GM_OK;
    *column = NULL;
    if (pair->y_source) {
        status = gm_npy_array_read(&array, &pair->y, pair->y_source, error);
        targets.numbers = array.x;
        targets.columns = pair->y.columns;
    }
    if (!status)
        status = gm_number_targets_take(table, &targets, pair->options, error);
    gm_free(targets.numbers);
    return status;
}

static gm_status read_numbers(npy_pair *pair, gm_table *table, gm_error *error)
{
    gm_npy_array array = {.type =
                              pair->x.type == GM_NPY_U8 ? GM_TYPE_U8 : gm_type_of(pair->options->precision),
                          .target = pair->target};
    gm_status status = gm_npy_array_read(&array, &pair->x, pair->x_source, error);
    table->type = array.type;
    table->rows = pair->x.rows;
    table->features = array.features;
    table->x = array.x;
    if (!status && array.targets)
        status = gm_table_place_target(table, pair->target + 1, error);
    if (!status && array.targets && pair->options->ignore_target)
        status = gm_table_remark(table, error, "column %zu is taken for the target and left out",
                                 pair->target + 1);
    else if (!status && (pair->y_source || array.targets))
        status = take_targets(pair, table, &array.targets, error);
    gm_free(array.targets);
    return status;
}

gm_status gm_npy_read_arrays(gm_table *table, gm_source *features, gm_source *targets,
                             const gm_dataset_options *options, gm_error *error)
{
    npy_pair pair = {.x_source = features, .y_source = targets, .options = options};
    gm_status status = read_heads(&pair, table, error);
    if (!status)
        status = read_numbers(&pair, table, error);
    return status ? status : gm_missing_settle(table, features->path, options, error);
}

gm_status gm_npy_read(gm_table *table, gm_source *source, const gm_dataset_options *options, gm_error *error)
{
    table->format = GM_FORMAT_NPY;
    if (!options->labels)
        return gm_npy_read_arrays(table, source, NULL, options, error);
    gm_source labels;
    gm_status status = gm_source_open(&labels, options->labels, error);
    if (!status)
        status = gm_npy_read_arrays(table, source, &labels, options, error);
    gm_source_close(&labels);
    return status;
}
