/* Arrays as NPY files (version 1.0, in the order of C and of this machine). */
#include "model/export.h"

#include "base/append.h"
#include "base/error.h"
#include "base/memory.h"

#include <stdint.h>
#include <string.h>

#define MAGIC       "\x93NUMPY\1\0"
#define MAGIC_SIZE  8
#define ALIGNMENT   64                /* of the numbers in the file, so that they can be mapped into memory */
#define CHUNK_BYTES ((size_t)1 << 18) /* bytes that are converted at a time */

static double number_at(const gm_array_stream *s, size_t row, size_t column)
{
    const gm_table *table = s->dataset->table;
    const size_t at = gm_table_row(s->dataset, row);
    if (s->classes)
        return s->classes[table->labels[at]];
    if (s->targets)
        return gm_table_value(table, at, column);
    return gm_get_number(table->x, table->type, at * table->features + column);
}

/* Whether every number is a float, or NaN. */
static bool all_are_floats(const gm_array_stream *s)
{
    for (size_t row = 0; row < gm_dataset_rows(s->dataset); row++)
        for (size_t column = 0; column < s->columns; column++) {
            const double number = number_at(s, row, column);
            if (!((double)(float)number == number) && !(number != number))
                return false;
        }
    return true;
}

static gm_type choose_type(const gm_array_stream *s)
{
    const gm_table *table = s->dataset->table;
    if (s->classes)
        return GM_TYPE_LABEL;
    const gm_type own = s->targets ? table->value_type : table->type;
    return own == GM_TYPE_F64 && all_are_floats(s) ? GM_TYPE_F32 : own;
}

/* "<f4": the order of the bytes, the kind and the width. */
static void name_type(gm_type type, char name[4])
{
    static const union {
        uint16_t number;
        uint8_t first;
    } one = {1};
    const char order = one.first == 1 ? '<' : '>';
    const char *kind = type == GM_TYPE_U8    ? "u1"
                       : type == GM_TYPE_F32 ? "f4"
                       : type == GM_TYPE_F64 ? "f8"
                                             : "i8";
    name[0] = type == GM_TYPE_U8 ? '|' : order;
    memcpy(name + 1, kind, 3);
}

static void write_head(gm_array_stream *s)
{
    char type[4], shape[64];
    const size_t rows = gm_dataset_rows(s->dataset);
    const bool flat = s->classes || (s->targets && s->columns == 1);
    name_type(s->type, type);
    if (flat)
        gm_append(shape, sizeof shape, 0, "(%zu,)", rows);
    else
        gm_append(shape, sizeof shape, 0, "(%zu, %zu)", rows, s->columns);
    const size_t before = MAGIC_SIZE + 2;
    memcpy(s->head, MAGIC, MAGIC_SIZE);
    size_t used = gm_append(s->head, sizeof s->head, before,
                            "{'descr': '%s', 'fortran_order': False, 'shape': %s, }", type, shape);
    while ((used + 1) % ALIGNMENT != 0)
        s->head[used++] = ' ';
    s->head[used++] = '\n';
    s->head[MAGIC_SIZE] = (char)((used - before) & 0xFF);
    s->head[MAGIC_SIZE + 1] = (char)((used - before) >> 8);
    s->head_size = used;
}

gm_status gm_array_stream_open(gm_array_stream *stream, const gm_dataset *dataset, bool targets,
                               const double *classes, gm_error *error)
{
    const gm_table *table = dataset->table;
    *stream = (gm_array_stream){.dataset = dataset, .classes = classes, .targets = targets};
    stream->columns = classes ? 1 : targets ? table->targets : table->features;
    stream->type = choose_type(stream);
    stream->width = stream->type == GM_TYPE_LABEL ? sizeof(int64_t) : gm_type_size(stream->type);
    write_head(stream);
    const size_t row = stream->columns * stream->width;
    stream->buffer_rows = CHUNK_BYTES / row + 1;
    stream->buffer = gm_table_array(stream->buffer_rows, row, 1, "some rows", error);
    return stream->buffer ? GM_OK : GM_LIMIT;
}

void gm_array_stream_close(gm_array_stream *stream)
{
    gm_free(stream->buffer);
    stream->buffer = NULL;
}

size_t gm_array_stream_size(const gm_array_stream *stream)
{
    return stream->head_size + gm_dataset_rows(stream->dataset) * stream->columns * stream->width;
}

static void put(const gm_array_stream *s, size_t at, double number)
{
    const int64_t whole = s->type == GM_TYPE_LABEL ? (int64_t)number : 0;
    if (s->type == GM_TYPE_LABEL)
        memcpy(s->buffer + at * sizeof whole, &whole, sizeof whole);
    else
        gm_put_number(s->buffer, s->type, at, number);
}

/* Fills the buffer with the next rows. Bytes are copied as they are. */
static void fill(gm_array_stream *s, size_t rows)
{
    const gm_table *table = s->dataset->table;
    for (size_t r = 0; r < rows; r++) {
        if (s->type == GM_TYPE_U8)
            memcpy(s->buffer + r * s->columns,
                   (const uint8_t *)table->x + gm_table_row(s->dataset, s->row + r) * s->columns, s->columns);
        for (size_t c = 0; s->type != GM_TYPE_U8 && c < s->columns; c++)
            put(s, r * s->columns + c, number_at(s, s->row + r, c));
    }
}

bool gm_array_stream_next(void *context, gm_buffer *part)
{
    gm_array_stream *s = context;
    if (!s->begun) {
        s->begun = true;
        *part = (gm_buffer){s->head, s->head_size};
        return true;
    }
    const size_t rows = gm_min(s->buffer_rows, gm_dataset_rows(s->dataset) - s->row);
    if (rows == 0) {
        s->begun = false;
        s->row = 0;
        return false;
    }
    fill(s, rows);
    s->row += rows;
    *part = (gm_buffer){s->buffer, rows * s->columns * s->width};
    return true;
}
