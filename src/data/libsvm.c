/* Reads LIBSVM text, also called SVMlight: a row is a label and the features that are not 0, such as
 *
 *     +1 qid:3 1:0.5 7:-2   # a comment
 *
 * Indices count from 1, in some files from 0; they ascend within a row. The text is read twice: the first
 * time it is checked, and counted, so that rows can be stored with all of their features, most of which may
 * be 0. Features are named by their index, so that a file that is used with a model is matched by index: it
 * may end with a smaller one, and it need not have an index 0 to be known as one that counts from 0.
 *
 * (Joachims 1999, SVMlight; Chang and Lin 2011, LIBSVM.) */
#include "base/error.h"
#include "base/memory.h"
#include "base/number.h"
#include "data/classes.h"
#include "data/columns.h"
#include "data/csv.h"
#include "data/format.h"
#include "data/libsvm_lexer.h"
#include "data/missing.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* A table may be as large as this, or as so many times its text. (The texts of RCV1 are a hundredth of their
 * table.) */
#define PLAUSIBLE_BYTES ((size_t)64 << 20)
#define PLAUSIBLE_RATIO ((size_t)4096)

/* With more features than this, they have no names. */
#define MOST_NAMED ((size_t)1000000)

typedef struct svm_reader {
    const gm_dataset_options *options;
    gm_table *table;
    gm_svm_lexer lexer;
    size_t rows, pairs;
    size_t text_size;           /* bytes of all texts */
    bool ranked;                /* a number of a query was met */
    uint64_t smallest, largest; /* indices; smallest > largest: there are none */
    const char *largest_path;   /* where it is */
    size_t largest_line;
    uint64_t base;   /* the index of the first feature */
    const char *why; /* for the error about an index below the base */
    gm_classes classes;
} svm_reader;

static gm_status fail_at(const svm_reader *reader, const gm_csv_cell *cell, const char *expected,
                         const char *hint, gm_error *error)
{
    char shown[GM_CSV_SHOWN];
    return gm_fail(error, GM_BAD_DATA, "%s:%zu:%zu: expected %s, got '%s'%s%s", reader->lexer.path,
                   cell->line, cell->column, expected, gm_csv_show(cell, shown), *hint ? "; " : "", hint);
}

/* ---- counting ---- */

static gm_status count_pair(svm_reader *reader, gm_csv_cell word, uint64_t before, gm_svm_pair *pair,
                            gm_error *error)
{
    if (!gm_svm_divide(word, pair))
        return fail_at(reader, &word, "INDEX:VALUE", "", error);
    if (before != UINT64_MAX && pair->index <= before)
        return fail_at(reader, &word, "an index above that before it", "indices of a row ascend", error);
    if (pair->index < reader->smallest)
        reader->smallest = pair->index;
    if (pair->index >= reader->largest) {
        reader->largest = pair->index;
        reader->largest_line = word.line;
        reader->largest_path = reader->lexer.path;
    }
    reader->pairs++;
    return GM_OK;
}

static gm_status count_row(svm_reader *reader, const gm_svm_row *row, gm_error *error)
{
    gm_svm_lexer *lexer = &reader->lexer;
    gm_svm_pair pair = {.index = UINT64_MAX};
    bool first = true;
    if (memchr(row->label.text, ':', row->label.length))
        return fail_at(reader, &row->label, "a label at the beginning of the row",
                       "where labels are not known, write 0", error);
    if (memchr(row->label.text, ',', row->label.length))
        return fail_at(reader, &row->label, "one label in each row",
                       "several labels of a row are not read: write a column for each, in CSV or NPY", error);
    for (; !gm_svm_at_end_of_row(lexer); first = false) {
        const gm_csv_cell word = gm_svm_take_word(lexer);
        if (first && gm_svm_is_qid(word)) {
            reader->ranked = true;
            continue;
        }
        const gm_status status = count_pair(reader, word, pair.index, &pair, error);
        if (status)
            return status;
    }
    reader->rows++;
    return GM_OK;
}

static gm_status count_rows(svm_reader *reader, gm_error *error)
{
    gm_svm_row row;
    reader->smallest = UINT64_MAX;
    while (gm_svm_next_row(&reader->lexer, &row)) {
        const gm_status status = count_row(reader, &row, error);
        if (status)
            return status;
    }
    if (reader->pairs == 0)
        return gm_fail(error, GM_BAD_DATA, "%s: no rows with features", reader->lexer.path);
    return reader->rows <= UINT32_MAX
               ? GM_OK
               : gm_fail(error, GM_LIMIT, "%s: too many rows; expected at most 4294967295",
                         reader->lexer.path);
}

/* ---- features ---- */

/* Whether the names of a model's columns are indices that count up from 0 or 1, and from which. */
static bool names_are_indices(const gm_columns *columns, uint64_t *base)
{
    uint64_t index;
    if (!gm_columns_named(columns) || !gm_parse_u64(columns->items[0].name, base) || *base > 1)
        return false;
    for (size_t f = 0; f < columns->count; f++)
        if (!gm_parse_u64(columns->items[f].name, &index) || index != *base + f)
            return false;
    return true;
}

/* Finds the index of the first feature. */
static gm_status find_base(svm_reader *reader, gm_error *error)
{
    const gm_columns *columns = reader->options->columns;
    if (reader->options->index_base >= 0) {
        reader->base = (uint64_t)reader->options->index_base;
        reader->why = "say --index-base 0 if indices begin at 0";
        return GM_OK;
    }
    if (columns && names_are_indices(columns, &reader->base)) {
        reader->why = "those of the model begin at 1";
        return GM_OK;
    }
    reader->base = reader->smallest > 0;
    if (columns && gm_columns_named(columns))
        return gm_table_remark(reader->table, error,
                               "columns are matched by position, because a LIBSVM file has no names");
    return reader->base == 0 ? gm_table_remark(reader->table, error, "indices of features begin at 0")
                             : GM_OK;
}

static gm_status find_features(svm_reader *reader, gm_error *error)
{
    const gm_columns *columns = reader->options->columns;
    const gm_status status = find_base(reader, error);
    if (status)
        return status;
    if (reader->smallest < reader->base)
        return gm_fail(error, GM_BAD_DATA, "%s: an index 0; expected indices from 1; %s", reader->lexer.path,
                       reader->why);
    const uint64_t features = reader->largest - reader->base + 1;
    if (!columns) {
        reader->table->features = (size_t)features;
        return GM_OK;
    }
    if (gm_columns_check_numbers(columns, reader->lexer.path, error) != GM_OK)
        return GM_BAD_DATA;
    reader->table->features = columns->count;
    if (features > columns->count)
        return gm_fail(error, GM_BAD_DATA,
                       "%s:%zu: index %llu; expected at most %llu, because the model has %zu features",
                       reader->largest_path, reader->largest_line, (unsigned long long)reader->largest,
                       (unsigned long long)(columns->count - 1 + reader->base), columns->count);
    return GM_OK;
}

static gm_status fail_memory(const svm_reader *reader, gm_error *error)
{
    const gm_table *table = reader->table;
    size_t bytes;
    char size[32];
    if (!gm_mul(reader->rows, table->features, &bytes) || !gm_mul(bytes, gm_type_size(table->type), &bytes))
        bytes = SIZE_MAX;
    return gm_fail(error, GM_LIMIT,
                   "%s: no memory for its features, because zeros are stored, too: %zu rows of %zu features "
                   "need %s; %zu of the numbers are not 0",
                   reader->lexer.path, reader->rows, table->features,
                   gm_format_bytes(size, sizeof size, bytes), reader->pairs);
}

/* The names of the features are their indices. */
static gm_status name_features(svm_reader *reader, gm_error *error)
{
    gm_table *table = reader->table;
    for (size_t f = 0; table->features <= MOST_NAMED && f < table->features; f++) {
        char name[24];
        const int length = snprintf(name, sizeof name, "%llu", (unsigned long long)(reader->base + f));
        if (!gm_strings_add(&table->feature_names, name, (size_t)length))
            return gm_fail_memory(error, "the names of the columns", table->features * sizeof name);
    }
    return GM_OK;
}

/* A single index that is mistyped would make a small file fill the memory with zeros. */
static gm_status check_size(const svm_reader *reader, gm_error *error)
{
    const gm_table *table = reader->table;
    size_t bytes, most;
    if (!gm_mul(reader->rows, table->features, &bytes) || !gm_mul(bytes, gm_type_size(table->type), &bytes))
        return fail_memory(reader, error);
    if (bytes <= PLAUSIBLE_BYTES || !gm_mul(reader->text_size, PLAUSIBLE_RATIO, &most) || bytes <= most)
        return GM_OK;
    return gm_fail(
        error, GM_LIMIT,
        "%s:%zu: index %llu makes %zu features of each of %zu rows, most of them 0, and zeros are stored, "
        "too; is the index right?",
        reader->largest_path, reader->largest_line, (unsigned long long)reader->largest, table->features,
        reader->rows);
}

static gm_status make_room(svm_reader *reader, gm_error *error)
{
    gm_table *table = reader->table;
    const gm_dataset_options *options = reader->options;
    table->type = gm_type_of(options->precision);
    table->value_type = GM_TYPE_F64;
    const gm_status status = check_size(reader, error);
    if (status)
        return status;
    table->x = gm_table_array(reader->rows, table->features, gm_type_size(table->type), "", NULL);
    if (!table->x)
        return fail_memory(reader, error);
    if (options->ignore_target)
        return GM_OK;
    if (options->regression) {
        table->targets = 1;
        table->values = gm_table_array(reader->rows, 1, sizeof(double), "the targets", error);
        return table->values ? GM_OK : GM_LIMIT;
    }
    table->labels = gm_table_array(reader->rows, 1, sizeof *table->labels, "the labels", error);
    return table->labels ? gm_classes_init(&reader->classes, options->classes, options->class_count, error)
                         : GM_LIMIT;
}

/* ---- rows ---- */

static gm_status take_value(svm_reader *reader, const gm_svm_pair *pair, gm_error *error)
{
    gm_table *table = reader->table;
    const double largest = table->type == GM_TYPE_F64 ? DBL_MAX : (double)FLT_MAX;
    double value = NAN;
    if (!gm_svm_is_nan(&pair->value) && (!gm_csv_number(&pair->value, &value) || fabs(value) > largest))
        return fail_at(reader, &pair->value,
                       table->type == GM_TYPE_F64 ? "a decimal number" : "a decimal number of at most 3.4e38",
                       "", error);
    gm_put_number(table->x, table->type, table->rows * table->features + (size_t)(pair->index - reader->base),
                  value);
    return GM_OK;
}

static gm_status take_class(svm_reader *reader, const gm_csv_cell *label, gm_error *error)
{
    char hint[GM_CLASS_HINT];
    double value;
    uint32_t *to = &reader->table->labels[reader->table->rows];
    *to = gm_classes_find(&reader->classes, label->text, label->length);
    if (*to != GM_NO_CLASS)
        return GM_OK;
    if (reader->options->classes)
        return fail_at(reader, label, "one of the model's classes",
                       gm_classes_hint(reader->options, label->text, label->length, hint), error);
    if (!gm_csv_is_utf8(label))
        return fail_at(reader, label, "the name of a class in UTF-8", gm_csv_utf8_hint, error);
    if ((gm_csv_number(label, &value) && value != floor(value)) ||
        reader->classes.names.count == GM_CLASS_LIMIT)
        return fail_at(reader, label, "one of at most 65536 classes, which are whole numbers or names",
                       "if these are numbers to be fitted, say --regression", error);
    *to = (uint32_t)reader->classes.names.count;
    return gm_classes_add(&reader->classes, label->text, label->length, error);
}

static gm_status take_target(svm_reader *reader, const gm_csv_cell *label, gm_error *error)
{
    gm_table *table = reader->table;
    double value = NAN;
    if (table->labels)
        return take_class(reader, label, error);
    if (!table->values)
        return GM_OK;
    if (!gm_svm_is_nan(label) && !gm_csv_number(label, &value))
        return fail_at(reader, label, "a decimal number", "", error);
    gm_put_number(table->values, table->value_type, table->rows, value);
    return GM_OK;
}

static gm_status take_row(svm_reader *reader, const gm_svm_row *row, gm_error *error)
{
    gm_status status = take_target(reader, &row->label, error);
    while (!status && !gm_svm_at_end_of_row(&reader->lexer)) {
        gm_svm_pair pair;
        if (gm_svm_divide(gm_svm_take_word(&reader->lexer),
                          &pair)) /* otherwise it is a qid: all has been checked */
            status = take_value(reader, &pair, error);
    }
    reader->table->rows++;
    return status;
}

static gm_status finish_classes(svm_reader *reader, gm_error *error)
{
    gm_table *table = reader->table;
    gm_strings *names = &reader->classes.names;
    gm_status status = GM_OK;
    if (!reader->options->classes && names->count < 2)
        return gm_fail(error, GM_BAD_DATA, "%s: only one class; expected at least 2, got '%s' in every row",
                       reader->lexer.path, names->items[0]);
    if (!reader->options->classes)
        status = gm_classes_sort(&reader->classes, table->labels, table->rows, error);
    table->targets = names->count;
    table->classes = *names;
    *names = (gm_strings){0};
    return status;
}

static gm_status finish(svm_reader *reader, gm_error *error)
{
    gm_status status = reader->table->labels ? finish_classes(reader, error) : GM_OK;
    if (!status && reader->ranked)
        status = gm_table_remark(reader->table, error, "the numbers of queries (qid) are not used");
    if (!status)
        status = name_features(reader, error);
    return status ? status : gm_missing_settle(reader->table, reader->lexer.path, reader->options, error);
}

static gm_status read_text(svm_reader *reader, const gm_source_texts *texts, gm_error *error)
{
    gm_svm_row row;
    const gm_svm_lexer start = gm_svm_begin(texts->items, texts->count);
    reader->lexer = start;
    for (size_t i = 0; i < texts->count; i++)
        reader->text_size += texts->items[i].size;
    gm_status status = count_rows(reader, error);
    if (!status)
        status = find_features(reader, error);
    if (!status)
        status = make_room(reader, error);
    reader->lexer = start;
    while (!status && gm_svm_next_row(&reader->lexer, &row))
        status = take_row(reader, &row, error);
    reader->lexer.path = texts->name;
    return status ? status : finish(reader, error);
}

gm_status gm_libsvm_read(gm_table *table, gm_source *source, const gm_dataset_options *options,
                         gm_error *error)
{
    svm_reader reader = {.options = options, .table = table};
    gm_source_texts texts;
    table->format = GM_FORMAT_LIBSVM;
    gm_status status = gm_source_read_texts(source, &texts, error);
    if (!status)
        status = read_text(&reader, &texts, error);
    gm_classes_clear(&reader.classes);
    gm_source_texts_clear(&texts);
    return status;
}
