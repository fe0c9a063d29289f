/* Rows as CSV or LIBSVM text. The cells of a row are written one after the other into a buffer that has room
 * for any one of them, so that a row may be of any length. */
#include "model/export.h"

#include "base/append.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/number.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BUFFER        ((size_t)1 << 18)
#define NUMBER        ((size_t)64) /* bytes of the largest number, with an index and a separator */
#define LARGEST_WHOLE 1e15         /* below this, whole numbers are written with all of their digits */

/* ---- cells ---- */

/* As few digits as are needed to read the same number back, as a float or as a double. */
static void format_number(char text[NUMBER], double value, gm_type type)
{
    if (value == floor(value) && fabs(value) < LARGEST_WHOLE) {
        snprintf(text, NUMBER, "%.0f", value);
        return;
    }
    for (int digits = 6; type == GM_TYPE_F32 && digits <= 9; digits++) {
        double again;
        gm_format_double(text, NUMBER, value, digits);
        if (gm_parse_double(text, strlen(text), &again) && (float)again == (float)value)
            return;
    }
    gm_format_shortest(text, NUMBER, value);
}

/* Whether a text is read as it is: it has none of what ends a cell, and no blanks at its ends. */
static bool is_plain(const char *text)
{
    const size_t length = strlen(text);
    return length > 0 && !strpbrk(text, ",\"\r\n") && !strchr(" \t", text[0]) &&
           !strchr(" \t", text[length - 1]) && text[0] != '#';
}

/* A cell of CSV (RFC 4180). The buffer has room for it. */
static size_t put_cell(char *to, size_t used, const char *text)
{
    const bool quoted = !is_plain(text);
    if (quoted)
        to[used++] = '"';
    for (; *text; text++) {
        if (*text == '"')
            to[used++] = '"';
        to[used++] = *text;
    }
    if (quoted)
        to[used++] = '"';
    return used;
}

static size_t count_cells(const gm_text_stream *s)
{
    const gm_table *table = s->dataset->table;
    return table->features + (table->labels ? 1 : table->values ? table->targets : 0);
}

/* ---- CSV ---- */

static size_t put_csv_number(gm_text_stream *s, size_t used, double value, gm_type type)
{
    char text[NUMBER];
    if (isnan(value)) /* a row of one empty cell would be an empty line, which is no row */
        return count_cells(s) == 1 ? put_cell(s->buffer, used, "") : used;
    format_number(text, value, type);
    return put_cell(s->buffer, used, text);
}

static size_t put_csv_name(gm_text_stream *s, size_t used)
{
    const gm_table *table = s->dataset->table;
    const size_t target = s->column - table->features;
    char number[NUMBER];
    if (s->column < table->features)
        return put_cell(s->buffer, used, table->feature_names.items[s->column]);
    if (target < table->target_names.count)
        return put_cell(s->buffer, used, table->target_names.items[target]);
    if (table->labels)
        return put_cell(s->buffer, used, "class");
    snprintf(number, sizeof number, "target%zu", target + 1);
    return put_cell(s->buffer, used, count_cells(s) == table->features + 1 ? "target" : number);
}

static size_t put_csv_cell(gm_text_stream *s, size_t used, size_t row)
{
    const gm_table *table = s->dataset->table;
    const size_t f = s->column;
    if (f >= table->features)
        return table->labels ? put_cell(s->buffer, used, table->classes.items[table->labels[row]])
                             : put_csv_number(s, used, gm_table_value(table, row, f - table->features),
                                              table->value_type);
    const size_t at = row * table->features + f;
    if (table->type == GM_TYPE_U8)
        return put_csv_number(s, used, ((const uint8_t *)table->x)[at], GM_TYPE_F64);
    const double value = gm_get_number(table->x, table->type, at);
    if (table->texts && table->texts[f].count > 0 && !isnan(value))
        return put_cell(s->buffer, used, table->texts[f].items[(size_t)value]);
    return put_csv_number(s, used, value, table->type);
}

/* ---- LIBSVM ---- */

static size_t put_svm_label(gm_text_stream *s, size_t used, size_t row)
{
    const gm_table *table = s->dataset->table;
    char text[NUMBER] = "0"; /* without targets */
    if (table->labels)
        format_number(text, s->classes[table->labels[row]], GM_TYPE_F64);
    else if (table->values)
        format_number(text, gm_table_value(table, row, 0), table->value_type);
    return gm_append(s->buffer, s->capacity, used, "%s", text);
}

/* Zeros are left out, but for the first and the last feature of the first row: they tell a reader from which
 * index to which the features go. */
static size_t put_svm_pair(gm_text_stream *s, size_t used, size_t row)
{
    const gm_table *table = s->dataset->table;
    const size_t f = s->column - 1, at = row * table->features + f;
    const bool bytes = table->type == GM_TYPE_U8;
    const double value = bytes ? ((const uint8_t *)table->x)[at] : gm_get_number(table->x, table->type, at);
    char text[NUMBER];
    if (value == 0 && !signbit(value) && !(s->line == 0 && (f == 0 || f + 1 == table->features)))
        return used;
    format_number(text, value, bytes ? GM_TYPE_F64 : table->type);
    return gm_append(s->buffer, s->capacity, used, " %zu:%s", f + s->first_index, text);
}

/* ---- the stream ---- */

/* Names that are numbers would be taken for data. */
static bool names_are_numbers(const gm_table *table)
{
    double number;
    for (size_t f = 0; f < table->features; f++) {
        const char *name = table->feature_names.items[f];
        if (!gm_parse_double(name, strlen(name), &number))
            return false;
    }
    return true;
}

static size_t longest(const gm_strings *list, size_t most)
{
    for (size_t i = 0; i < list->count; i++)
        most = gm_max(most, strlen(list->items[i]));
    return most;
}

/* The bytes of the largest cell, with all quotes in it doubled, quotes around it and a separator. */
static size_t largest_cell(const gm_table *table)
{
    size_t most = longest(&table->feature_names, longest(&table->classes, NUMBER));
    most = longest(&table->target_names, most);
    for (size_t f = 0; table->texts && f < table->features; f++)
        most = longest(&table->texts[f], most);
    return 2 * most + 4;
}

gm_status gm_text_stream_open(gm_text_stream *stream, const gm_dataset *dataset, gm_export_format format,
                              const double *classes, gm_error *error)
{
    const gm_table *table = dataset->table;
    const bool named = table->feature_names.count == table->features && table->features > 0;
    *stream = (gm_text_stream){.dataset = dataset, .format = format, .classes = classes};
    stream->header = format == GM_EXPORT_CSV && named && !names_are_numbers(table);
    stream->first_index = !(named && strcmp(table->feature_names.items[0], "0") == 0);
    stream->largest = largest_cell(table);
    stream->capacity = BUFFER + stream->largest;
    stream->buffer = gm_alloc(stream->capacity, 1);
    return stream->buffer ? GM_OK : gm_fail_memory(error, "a part of a text", stream->capacity);
}

void gm_text_stream_close(gm_text_stream *stream)
{
    gm_free(stream->buffer);
    stream->buffer = NULL;
}

/* Writes the next cell, with what separates it from its neighbours. Returns the bytes in the buffer. */
static size_t put_next(gm_text_stream *s, size_t used)
{
    const bool csv = s->format == GM_EXPORT_CSV, name = s->header && s->line == 0;
    const size_t cells = csv ? count_cells(s) : 1 + s->dataset->table->features;
    const size_t row = name ? 0 : gm_table_row(s->dataset, s->line - s->header);
    if (csv && s->column > 0)
        s->buffer[used++] = ',';
    if (csv)
        used = name ? put_csv_name(s, used) : put_csv_cell(s, used, row);
    else
        used = s->column == 0 ? put_svm_label(s, used, row) : put_svm_pair(s, used, row);
    if (++s->column < cells)
        return used;
    s->buffer[used++] = '\n';
    s->column = 0;
    s->line++;
    return used;
}

bool gm_text_stream_next(void *context, gm_buffer *part)
{
    gm_text_stream *s = context;
    const size_t lines = gm_dataset_rows(s->dataset) + s->header;
    size_t used = 0;
    while (s->line < lines && used + s->largest <= s->capacity)
        used = put_next(s, used);
    *part = (gm_buffer){s->buffer, used};
    return used > 0;
}
