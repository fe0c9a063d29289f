/* How a matrix is handed over: a borrowed, row-major array with its element type. The engine reads an array
 * of its own precision in place and converts any other on the way in. What a function writes goes to an array
 * that can be written to, whose type and shape are checked: one that does not fit is GM_USAGE. */
#ifndef GRADMILL_ARRAY_H
#define GRADMILL_ARRAY_H

#include <gradmill/status.h>
#include <stddef.h>
#include <stdint.h>

GM_BEGIN_DECLS

/* The arithmetic of a network. */
typedef enum gm_precision {
    GM_F32, /* float: training */
    GM_F64, /* double: worked examples, gradient checks */
} gm_precision;

typedef enum gm_type {
    GM_TYPE_F32,   /* float */
    GM_TYPE_F64,   /* double */
    GM_TYPE_U8,    /* uint8_t, taken as 0 .. 255 */
    GM_TYPE_LABEL, /* uint32_t class index, one a row; as a target it stands for its one-hot row */
} gm_type;

/* rows x cols elements; row r begins at element r * ld. Borrowed: the caller keeps the memory. */
typedef struct gm_array {
    const void *data;
    gm_type type;
    size_t rows, cols;
    size_t ld; /* elements from one row to the next, >= cols */
} gm_array;

/* The same for what a function writes. Where that is optional, gm_no_array() says that it is not wanted. */
typedef struct gm_mutable_array {
    void *data;
    gm_type type;
    size_t rows, cols;
    size_t ld; /* elements from one row to the next, >= cols */
} gm_mutable_array;

static inline gm_array gm_array_f32(const float *data, size_t rows, size_t cols)
{
    gm_array array = {data, GM_TYPE_F32, rows, cols, cols};
    return array;
}

static inline gm_array gm_array_f64(const double *data, size_t rows, size_t cols)
{
    gm_array array = {data, GM_TYPE_F64, rows, cols, cols};
    return array;
}

static inline gm_array gm_array_u8(const uint8_t *data, size_t rows, size_t cols)
{
    gm_array array = {data, GM_TYPE_U8, rows, cols, cols};
    return array;
}

static inline gm_array gm_array_labels(const uint32_t *data, size_t rows)
{
    gm_array array = {data, GM_TYPE_LABEL, rows, 1, 1};
    return array;
}

/* An array whose elements are of the given precision. */
static inline gm_array gm_array_real(const void *data, gm_precision precision, size_t rows, size_t cols)
{
    gm_array array = {data, precision == GM_F64 ? GM_TYPE_F64 : GM_TYPE_F32, rows, cols, cols};
    return array;
}

static inline gm_mutable_array gm_mutable_f32(float *data, size_t rows, size_t cols)
{
    gm_mutable_array array = {data, GM_TYPE_F32, rows, cols, cols};
    return array;
}

static inline gm_mutable_array gm_mutable_f64(double *data, size_t rows, size_t cols)
{
    gm_mutable_array array = {data, GM_TYPE_F64, rows, cols, cols};
    return array;
}

static inline gm_mutable_array gm_mutable_labels(uint32_t *data, size_t rows)
{
    gm_mutable_array array = {data, GM_TYPE_LABEL, rows, 1, 1};
    return array;
}

static inline gm_mutable_array gm_mutable_real(void *data, gm_precision precision, size_t rows, size_t cols)
{
    gm_mutable_array array = {data, precision == GM_F64 ? GM_TYPE_F64 : GM_TYPE_F32, rows, cols, cols};
    return array;
}

static inline gm_mutable_array gm_no_array(void)
{
    gm_mutable_array array = {NULL, GM_TYPE_F32, 0, 0, 0};
    return array;
}

/* What was written, to be read. */
static inline gm_array gm_array_of(gm_mutable_array written)
{
    gm_array array = {written.data, written.type, written.rows, written.cols, written.ld};
    return array;
}

/* "f32", "f64", "u8", "label". */
GM_API const char *gm_type_name(gm_type type);

/* Bytes of one number: 4 or 8. */
static inline size_t gm_precision_size(gm_precision precision)
{
    return precision == GM_F64 ? sizeof(double) : sizeof(float);
}

/* `count` rows of an array, from `first` on. */
static inline gm_mutable_array gm_mutable_rows(gm_mutable_array array, size_t first, size_t count)
{
    const size_t size = array.type == GM_TYPE_F64  ? sizeof(double)
                        : array.type == GM_TYPE_U8 ? 1
                                                   : sizeof(float);
    if (array.data)
        array.data = (char *)array.data + first * array.ld * size;
    array.rows = count;
    return array;
}

/* Room for a batch: its inputs, its targets and the weights of its rows, of the same type. Borrowed. */
typedef struct gm_batch_buffer {
    gm_mutable_array x; /* rows x features */
    gm_mutable_array y; /* rows x targets; gm_no_array() where targets are not wanted */
    gm_mutable_array w; /* rows x 1; gm_no_array() where weights are not wanted */
} gm_batch_buffer;

/* Some rows of a buffer. */
static inline gm_batch_buffer gm_buffer_rows(gm_batch_buffer buffer, size_t first, size_t count)
{
    gm_batch_buffer rows;
    rows.x = gm_mutable_rows(buffer.x, first, count);
    rows.y = gm_mutable_rows(buffer.y, first, count);
    rows.w = gm_mutable_rows(buffer.w, first, count);
    return rows;
}

GM_END_DECLS

#endif
