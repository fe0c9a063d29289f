/* Reads the numbers of an NPY file. Numbers that are already what the table holds are read straight into it:
 * bytes, and floats of the table's precision in the order of C and of this machine. All others go through a
 * small buffer, from which they are converted.
 *
 * A file in the order of Fortran has one column after the other. Several columns at a time are read into
 * memory, so that whole cache lines of the table are written. */
#include "data/npy_array.h"

#include "base/error.h"
#include "base/memory.h"

#include <string.h>

#define CHUNK         ((size_t)1024) /* numbers that are converted at a time */
#define LARGEST_WIDTH 8
#define BLOCK         ((size_t)16)       /* most columns of a Fortran array that are read at a time */
#define BLOCK_BYTES   ((size_t)64 << 20) /* and fewer if they take more than this */
#define FIRST_STEP    ((size_t)64 << 20) /* first bytes of a table whose file has no known size */

/* ---- conversion ---- */

static void swap_bytes(uint8_t *bytes, size_t width, size_t count)
{
    for (size_t i = 0; i < count; i++, bytes += width) {
        for (size_t a = 0, b = width - 1; a < b; a++, b--) {
            const uint8_t byte = bytes[a];
            bytes[a] = bytes[b];
            bytes[b] = byte;
        }
    }
}

/* The value of a half-precision number: 1 bit for the sign, 5 for the exponent, 10 for the fraction (IEEE
 * 754-2008, binary16). */
static float half_value(uint16_t half)
{
    const uint32_t sign = (uint32_t)(half & 0x8000) << 16, fraction = half & 0x3FF;
    const uint32_t exponent = half >> 10 & 0x1F;
    float value;
    if (exponent == 0) { /* zero or a denormal: fraction * 2^-24 */
        value = (float)fraction * 0x1p-24F;
        return sign ? -value : value;
    }
    const uint32_t wide = exponent == 31 ? 0xFF : exponent - 15 + 127;
    const uint32_t bits = sign | wide << 23 | fraction << 13;
    memcpy(&value, &bits, sizeof value);
    return value;
}

#define CONVERT(C_TYPE, EXPRESSION)                                                                          \
    for (size_t i = 0; i < count; i++) {                                                                     \
        C_TYPE v;                                                                                            \
        memcpy(&v, bytes + i * sizeof v, sizeof v);                                                          \
        numbers[i] = (double)(EXPRESSION);                                                                   \
    }                                                                                                        \
    break

/* numbers[i] = the i-th of `count` numbers at `bytes`, which are changed if their order is another. */
static void convert(const gm_npy_head *head, uint8_t *bytes, size_t count, double *numbers)
{
    if (head->swapped)
        swap_bytes(bytes, head->width, count);
    switch (head->type) {
    case GM_NPY_BOOL:
        CONVERT(uint8_t, v != 0);
    case GM_NPY_U8:
        CONVERT(uint8_t, v);
    case GM_NPY_U16:
        CONVERT(uint16_t, v);
    case GM_NPY_U32:
        CONVERT(uint32_t, v);
    case GM_NPY_U64:
        CONVERT(uint64_t, v);
    case GM_NPY_I8:
        CONVERT(int8_t, v);
    case GM_NPY_I16:
        CONVERT(int16_t, v);
    case GM_NPY_I32:
        CONVERT(int32_t, v);
    case GM_NPY_I64:
        CONVERT(int64_t, v);
    case GM_NPY_F16:
        CONVERT(uint16_t, half_value(v));
    case GM_NPY_F32:
        CONVERT(float, v);
    case GM_NPY_F64:
        CONVERT(double, v);
    }
}

/* ---- the table ---- */

static void put(const gm_npy_array *array, size_t at, double value)
{
    if (array->type == GM_TYPE_U8)
        ((uint8_t *)array->x)[at] = (uint8_t)value;
    else
        gm_put_number(array->x, array->type, at, value);
}

/* Stores `count` numbers that follow each other in the order of C; `first` is the place of the first. */
static void store(const gm_npy_array *array, const gm_npy_head *head, size_t first, const double *numbers,
                  size_t count)
{
    if (!array->targets) {
        for (size_t i = 0; i < count; i++)
            put(array, first + i, numbers[i]);
        return;
    }
    size_t row = first / head->columns, column = first % head->columns;
    for (size_t i = 0; i < count; i++) {
        if (column == array->target)
            array->targets[row] = numbers[i];
        else
            put(array, row * array->features + column - (column > array->target), numbers[i]);
        if (++column == head->columns) {
            column = 0;
            row++;
        }
    }
}

/* ---- reading ---- */

static gm_status fail_short(const gm_npy_head *head, gm_error *error)
{
    char shape[GM_NPY_SHAPE];
    return gm_fail(error, GM_BAD_DATA, "%s: the file is cut short; expected an array of %s", head->path,
                   gm_npy_shape(head, shape));
}

static gm_status read_exactly(const gm_npy_head *head, gm_source *source, void *to, size_t bytes,
                              gm_error *error)
{
    size_t got;
    const gm_status status = gm_source_read(source, to, bytes, &got, error);
    return !status && got < bytes ? fail_short(head, error) : status;
}

static gm_status check_end(const gm_npy_head *head, gm_source *source, gm_error *error)
{
    uint8_t excess;
    size_t got;
    char shape[GM_NPY_SHAPE];
    const gm_status status = gm_source_read(source, &excess, 1, &got, error);
    if (status || got == 0)
        return status;
    return gm_fail(error, GM_BAD_DATA, "%s: more data than declared; expected an array of %s", head->path,
                   gm_npy_shape(head, shape));
}

/* Whether the numbers of the file are those of the table, byte for byte. */
static bool is_same(const gm_npy_array *array, const gm_npy_head *head)
{
    const bool same = (array->type == GM_TYPE_U8 && head->type == GM_NPY_U8) ||
                      (array->type == GM_TYPE_F32 && head->type == GM_NPY_F32) ||
                      (array->type == GM_TYPE_F64 && head->type == GM_NPY_F64);
    return same && !head->swapped && !array->targets;
}

/* Reads numbers number [first, last) in the order of C. */
static gm_status read_part(gm_npy_array *array, const gm_npy_head *head, gm_source *source, size_t first,
                           size_t last, gm_error *error)
{
    uint8_t bytes[CHUNK * LARGEST_WIDTH];
    double numbers[CHUNK];
    if (is_same(array, head))
        return read_exactly(head, source, (char *)array->x + first * head->width,
                            (last - first) * head->width, error);
    for (size_t done = first; done < last; done += CHUNK) {
        const size_t count = gm_min(CHUNK, last - done);
        const gm_status status = read_exactly(head, source, bytes, count * head->width, error);
        if (status)
            return status;
        convert(head, bytes, count, numbers);
        store(array, head, done, numbers, count);
    }
    return GM_OK;
}

static gm_status grow_one(void **memory, size_t old, size_t rows, size_t bytes, const char *what,
                          gm_error *error)
{
    void *larger = gm_table_array(rows, bytes, 1, what, error);
    if (!larger)
        return GM_LIMIT;
    if (*memory)
        memcpy(larger, *memory, old * bytes);
    gm_free(*memory);
    *memory = larger;
    return GM_OK;
}

/* Makes room for `rows` rows; `old` of them are filled. */
static gm_status grow(gm_npy_array *array, const gm_npy_head *head, size_t old, size_t rows, gm_error *error)
{
    gm_status status =
        grow_one(&array->x, old, rows, array->features * gm_type_size(array->type), "the features", error);
    void *targets = array->targets;
    if (!status && array->target < head->columns)
        status = grow_one(&targets, old, rows, sizeof *array->targets, "the targets", error);
    array->targets = targets;
    return status;
}

/* How many rows there is room for at first. What a pipe declares, or a compressed file, is only believed step
 * by step. */
static size_t first_rows(const gm_npy_array *array, const gm_npy_head *head, const gm_source *source)
{
    const size_t row = array->features * gm_type_size(array->type);
    if (!source->gunzip && source->most < SIZE_MAX)
        return head->rows;
    return gm_min(head->rows, FIRST_STEP / row + 1);
}

static gm_status read_c(gm_npy_array *array, const gm_npy_head *head, gm_source *source, gm_error *error)
{
    size_t rows = 0, more = first_rows(array, head, source);
    while (rows < head->rows) {
        gm_status status = grow(array, head, rows, rows + more, error);
        if (!status)
            status =
                read_part(array, head, source, rows * head->columns, (rows + more) * head->columns, error);
        if (status)
            return status;
        rows += more;
        more = gm_min(rows, head->rows - rows);
    }
    return GM_OK;
}

/* ---- the order of Fortran ---- */

/* The column of the table that is number j in the file: the digits of j in the mixed base of the sizes,
 * written the other way round. */
static size_t column_of(const gm_npy_head *head, size_t j)
{
    size_t column = 0, place = head->columns;
    for (size_t i = 1; i < head->dimensions; i++) {
        place /= head->sizes[i];
        column += j % head->sizes[i] * place;
        j /= head->sizes[i];
    }
    return column;
}

/* Stores `count` columns, of which the first is number `first` in the file. */
static void store_columns(const gm_npy_array *array, const gm_npy_head *head, uint8_t *block, size_t first,
                          size_t count)
{
    double numbers[BLOCK][CHUNK / BLOCK];
    size_t columns[BLOCK];
    for (size_t c = 0; c < count; c++)
        columns[c] = column_of(head, first + c);
    for (size_t row = 0; row < head->rows; row += CHUNK / BLOCK) {
        const size_t rows = gm_min(CHUNK / BLOCK, head->rows - row);
        for (size_t c = 0; c < count; c++)
            convert(head, block + (c * head->rows + row) * head->width, rows, numbers[c]);
        for (size_t r = 0; r < rows; r++)
            for (size_t c = 0; c < count; c++)
                store(array, head, (row + r) * head->columns + columns[c], &numbers[c][r], 1);
    }
}

static gm_status read_fortran(gm_npy_array *array, const gm_npy_head *head, gm_source *source,
                              gm_error *error)
{
    const size_t column = head->rows * head->width, most = gm_max(1, gm_min(BLOCK, BLOCK_BYTES / column));
    uint8_t *block = gm_table_array(gm_min(most, head->columns), column, 1, "some columns", error);
    gm_status status = block ? grow(array, head, 0, head->rows, error) : GM_LIMIT;
    for (size_t first = 0; !status && first < head->columns; first += most) {
        const size_t count = gm_min(most, head->columns - first);
        status = read_exactly(head, source, block, count * column, error);
        if (!status)
            store_columns(array, head, block, first, count);
    }
    gm_free(block);
    return status;
}

gm_status gm_npy_array_read(gm_npy_array *array, const gm_npy_head *head, gm_source *source, gm_error *error)
{
    const bool is_fortran = head->fortran && head->dimensions > 1;
    array->features = head->columns - (array->target < head->columns);
    const gm_status status =
        is_fortran ? read_fortran(array, head, source, error) : read_c(array, head, source, error);
    return status ? status : check_end(head, source, error);
}
