/* The public functions of data sets, and data sets made from arrays. A data set shows all rows of a table, or
 * a part of them. */
#include "data/dataset.h"

#include "base/error.h"
#include "base/memory.h"

#include <string.h>

gm_status gm_dataset_adopt(gm_dataset **dataset, gm_table *table, gm_error *error)
{
    gm_dataset *made = gm_alloc(1, sizeof *made);
    if (!made) {
        gm_table_clear(table);
        return gm_fail_memory(error, "a data set", sizeof *made);
    }
    made->own = *table;
    made->own.weights = NULL;
    made->table = &made->own;
    made->rows = table->rows;
    made->weights = table->weights;
    *table = (gm_table){0};
    *dataset = made;
    return GM_OK;
}

void gm_dataset_destroy(gm_dataset *dataset)
{
    if (!dataset)
        return;
    gm_table_clear(&dataset->own);
    gm_free(dataset->index);
    gm_free(dataset->weights);
    gm_free(dataset);
}

static bool is_real(gm_type type)
{
    return type == GM_TYPE_F32 || type == GM_TYPE_F64;
}

static gm_status check_shapes(gm_array x, gm_array y, gm_error *error)
{
    if (x.type != GM_TYPE_U8 && !is_real(x.type))
        return gm_fail(error, GM_USAGE, "data set: x is of the wrong type; expected u8, f32 or f64");
    if (!x.data || x.rows == 0 || x.cols == 0 || x.ld < x.cols)
        return gm_fail(error, GM_USAGE,
                       "data set: x has no elements or overlapping rows; got %zu x %zu, ld %zu", x.rows,
                       x.cols, x.ld);
    if (x.rows > UINT32_MAX)
        return gm_fail(error, GM_LIMIT, "data set: too many rows; expected at most 4294967295, got %zu",
                       x.rows);
    if (!y.data)
        return GM_OK;
    if (y.type != GM_TYPE_LABEL && !is_real(y.type))
        return gm_fail(error, GM_USAGE, "data set: y is of the wrong type; expected labels, f32 or f64");
    if (y.cols == 0 || y.ld < y.cols)
        return gm_fail(error, GM_USAGE, "data set: y has no elements or overlapping rows");
    if (y.rows != x.rows)
        return gm_fail(error, GM_USAGE, "data set: x and y differ in rows; expected %zu, got %zu", x.rows,
                       y.rows);
    return GM_OK;
}

/* A copy of the rows of an array, without the gaps between them. */
static void *copy_rows(gm_array array, const char *what, gm_error *error)
{
    const size_t size = gm_type_size(array.type);
    char *copy = gm_table_array(array.rows, array.cols, size, what, error);
    for (size_t r = 0; copy && r < array.rows; r++)
        memcpy(copy + r * array.cols * size, (const char *)array.data + r * array.ld * size,
               array.cols * size);
    return copy;
}

static gm_status copy_labels(gm_table *table, gm_array y, size_t classes, gm_error *error)
{
    if (classes == 0 || y.cols != 1)
        return gm_fail(error, GM_USAGE, "data set: labels need one column and a number of classes");
    if (classes > GM_CLASS_LIMIT)
        return gm_fail(error, GM_LIMIT, "data set: too many classes; expected at most %d, got %zu",
                       GM_CLASS_LIMIT, classes);
    table->labels = copy_rows(y, "the labels", error);
    if (!table->labels)
        return GM_LIMIT;
    for (size_t r = 0; r < y.rows; r++) {
        if (table->labels[r] >= classes)
            return gm_fail(error, GM_BAD_DATA, "data set: label %lu in row %zu; expected less than %zu",
                           (unsigned long)table->labels[r], r, classes);
    }
    table->targets = classes;
    return gm_table_name_classes(table, NULL, classes, error);
}

static gm_status copy_arrays(gm_table *table, gm_array x, gm_array y, size_t classes, gm_error *error)
{
    table->type = x.type;
    table->rows = x.rows;
    table->features = x.cols;
    table->x = copy_rows(x, "the features", error);
    if (!table->x)
        return GM_LIMIT;
    if (!y.data)
        return GM_OK;
    if (y.type == GM_TYPE_LABEL)
        return copy_labels(table, y, classes, error);
    table->targets = y.cols;
    table->value_type = y.type;
    table->values = copy_rows(y, "the targets", error);
    return table->values ? GM_OK : GM_LIMIT;
}

gm_status gm_dataset_from_arrays(gm_dataset **dataset, gm_array x, gm_array y, size_t classes,
                                 gm_error *error)
{
    *dataset = NULL;
    gm_status status = check_shapes(x, y, error);
    if (status)
        return status;
    gm_table table = {0};
    status = copy_arrays(&table, x, y, classes, error);
    if (status) {
        gm_table_clear(&table);
        return status;
    }
    return gm_dataset_adopt(dataset, &table, error);
}

size_t gm_dataset_rows(const gm_dataset *dataset)
{
    return dataset->rows;
}

size_t gm_dataset_features(const gm_dataset *dataset)
{
    return dataset->table->features;
}

size_t gm_dataset_targets(const gm_dataset *dataset)
{
    return dataset->table->targets;
}

bool gm_dataset_has_labels(const gm_dataset *dataset)
{
    return dataset->table->labels != NULL;
}

gm_type gm_dataset_type(const gm_dataset *dataset)
{
    return dataset->table->type;
}

uint32_t gm_dataset_label(const gm_dataset *dataset, size_t row)
{
    return dataset->table->labels[gm_table_row(dataset, row)];
}

bool gm_dataset_has_groups(const gm_dataset *dataset)
{
    return dataset->table->groups != NULL;
}

uint32_t gm_dataset_group(const gm_dataset *dataset, size_t row)
{
    return dataset->table->groups[gm_table_row(dataset, row)];
}

const char *gm_dataset_class_name(const gm_dataset *dataset, size_t c)
{
    return gm_strings_get(&dataset->table->classes, c);
}

const char *gm_dataset_feature_name(const gm_dataset *dataset, size_t f)
{
    return gm_strings_get(&dataset->table->feature_names, f);
}

const char *gm_dataset_target_name(const gm_dataset *dataset, size_t target)
{
    return gm_strings_get(&dataset->table->target_names, target);
}

size_t gm_dataset_missing(const gm_dataset *dataset)
{
    return dataset->table->missing;
}

size_t gm_dataset_kept_columns(const gm_dataset *dataset)
{
    return dataset->table->kept ? gm_kept_columns(dataset->table->kept) : 0;
}

const char *gm_dataset_kept_name(const gm_dataset *dataset, size_t column)
{
    return column < gm_dataset_kept_columns(dataset) ? gm_kept_name(dataset->table->kept, column) : NULL;
}

const char *gm_dataset_kept(const gm_dataset *dataset, size_t row, size_t column)
{
    return column < gm_dataset_kept_columns(dataset)
               ? gm_kept_cell(dataset->table->kept, gm_table_row(dataset, row), column)
               : NULL;
}

const char *gm_dataset_remark(const gm_dataset *dataset, size_t index)
{
    return gm_strings_get(&dataset->table->remarks, index);
}

void gm_gather(const gm_dataset *dataset, const gm_scaling *scaling, const uint32_t *rows, size_t count,
               const gm_batch_buffer *to)
{
    if (to->x.type == GM_TYPE_F64)
        gm_gather_f64(dataset, scaling, rows, count, to);
    else
        gm_gather_f32(dataset, scaling, rows, count, to);
}

/* `other` is what the type has to be equal to, or `type` itself. */
static gm_status check_target(const char *what, gm_mutable_array array, gm_type other, size_t count,
                              size_t cols, gm_error *error)
{
    if (!array.data)
        return gm_fail(error, GM_USAGE, "gather: no place for the %s", what);
    if ((array.type != GM_TYPE_F32 && array.type != GM_TYPE_F64) || array.type != other)
        return gm_fail(error, GM_USAGE,
                       "gather: the %s are of type %s, the features of type %s; expected f32 or f64 for both",
                       what, gm_type_name(array.type), gm_type_name(other));
    if (array.rows != count || array.cols != cols || array.ld < cols)
        return gm_fail(error, GM_USAGE,
                       "gather: room for %zu x %zu %s, one row every %zu; expected %zu x %zu", array.rows,
                       array.cols, what, array.ld, count, cols);
    return GM_OK;
}

gm_status gm_dataset_gather(const gm_dataset *dataset, const gm_scaling *scaling, const uint32_t *rows,
                            size_t count, gm_mutable_array x, gm_mutable_array y, gm_error *error)
{
    const gm_table *table = dataset->table;
    gm_status status = check_target("features", x, x.type, count, table->features, error);
    if (status == GM_OK && y.data)
        status = check_target("targets", y, x.type, count, table->targets, error);
    if (status == GM_OK)
        status = gm_scaling_check(scaling, dataset, error);
    if (status != GM_OK)
        return status;
    gm_gather(dataset, scaling, rows, count, &(gm_batch_buffer){.x = x, .y = y});
    return GM_OK;
}
