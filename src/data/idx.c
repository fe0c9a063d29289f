/* Reads IDX files, the format of MNIST. A file has two bytes 0, one byte for the type of its numbers, one for
 * the number of dimensions, the size of each dimension, and the numbers, all big-endian.
 *
 * In a file of features, the first size is the number of rows, and the product of the others is the number of
 * features. Bytes are kept as bytes; other types are converted to the precision of the network. A file of
 * labels has one dimension and a type of whole numbers, or it is the matrix of QMNIST, whose first column has
 * the classes. */
#include "data/classes.h"
#include "data/columns.h"
#include "data/format.h"

#include "base/append.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/number.h"

#include <float.h>
#include <math.h>
#include <string.h>

#define MOST_DIMENSIONS 8
#define CHUNK           4096 /* numbers converted at a time */
#define LARGEST_NUMBER  8    /* bytes */
#define QMNIST_COLUMNS  8    /* class, writer, and other facts of a sample, as int32 */

#define SHAPE_SHOWN     160

typedef enum idx_type {
    IDX_U8 = 0x08,
    IDX_I8 = 0x09,
    IDX_I16 = 0x0B,
    IDX_I32 = 0x0C,
    IDX_F32 = 0x0D,
    IDX_F64 = 0x0E,
} idx_type;

typedef struct idx_file {
    gm_source *source;
    uint8_t type;
    size_t width; /* bytes of a number */
    size_t dimensions, sizes[MOST_DIMENSIONS];
    size_t rows, features;
} idx_file;

/* Bytes of a number of this type; 0: there is no such type. */
static size_t width_of(uint8_t type)
{
    switch (type) {
    case IDX_U8:
    case IDX_I8:
        return 1;
    case IDX_I16:
        return 2;
    case IDX_I32:
    case IDX_F32:
        return 4;
    case IDX_F64:
        return 8;
    default:
        return 0;
    }
}

static bool is_whole(uint8_t type)
{
    return type != IDX_F32 && type != IDX_F64;
}

static uint64_t big_endian(const uint8_t *bytes, size_t width)
{
    uint64_t bits = 0;
    for (size_t i = 0; i < width; i++)
        bits = bits << 8 | bytes[i];
    return bits;
}

static double number_at(const uint8_t *bytes, uint8_t type, size_t width)
{
    const uint64_t bits = big_endian(bytes, width);
    const uint32_t low = (uint32_t)bits;
    float single;
    double real;
    switch (type) {
    case IDX_I8:
        return (int8_t)bits;
    case IDX_I16:
        return (int16_t)bits;
    case IDX_I32:
        return (int32_t)bits;
    case IDX_F32:
        memcpy(&single, &low, sizeof single);
        return (double)single;
    case IDX_F64:
        memcpy(&real, &bits, sizeof real);
        return real;
    default:
        return (double)bits;
    }
}

bool gm_idx_recognise(const gm_source *source)
{
    const uint8_t *head = source->head;
    const bool big = source->head_size >= 2 && head[0] == 0 && head[1] == 0;
    const bool little = source->head_size >= 4 && head[2] == 0 && head[3] == 0 && width_of(head[1]) > 0;
    return big || little;
}

static gm_status check_magic(const idx_file *file, const uint8_t *magic, gm_error *error)
{
    const char *path = file->source->path;
    if (magic[0] != 0 || magic[1] != 0) {
        const bool little = magic[2] == 0 && magic[3] == 0 && width_of(magic[1]) > 0;
        return gm_fail(error, GM_BAD_DATA,
                       "%s: not an IDX file; expected 00 00 at its start, got %02x %02x%s", path,
                       (unsigned)magic[0], (unsigned)magic[1],
                       little ? "; its bytes are in little-endian order, IDX is big-endian" : "");
    }
    if (width_of(magic[2]) == 0)
        return gm_fail(error, GM_BAD_DATA,
                       "%s: byte 3: unknown IDX type; expected 08, 09, 0b, 0c, 0d or 0e, got %02x", path,
                       (unsigned)magic[2]);
    if (magic[3] == 0 || magic[3] > MOST_DIMENSIONS)
        return gm_fail(error, GM_BAD_DATA, "%s: byte 4: number of dimensions; expected 1 to %d, got %u", path,
                       MOST_DIMENSIONS, (unsigned)magic[3]);
    return GM_OK;
}

/* Sets *bytes to the bytes of all numbers. False if they are too many for a size_t. */
static bool count_bytes(const idx_file *file, const size_t *sizes, size_t *bytes)
{
    *bytes = file->width;
    bool fits = true;
    for (size_t i = 0; i < file->dimensions; i++)
        fits = fits && gm_mul(*bytes, sizes[i], bytes);
    return fits;
}

/* Whether the sizes would be possible if they were little-endian. */
static bool fits_reversed(const idx_file *file)
{
    size_t reversed[MOST_DIMENSIONS], bytes;
    for (size_t i = 0; i < file->dimensions; i++)
        reversed[i] = __builtin_bswap32((uint32_t)file->sizes[i]);
    return count_bytes(file, reversed, &bytes) && bytes > 0 && bytes <= file->source->most;
}

/* Checks the sizes against the size of the file, before memory for them is allocated. */
static gm_status check_sizes(idx_file *file, gm_error *error)
{
    const char *path = file->source->path;
    size_t bytes;
    if (!count_bytes(file, file->sizes, &bytes) || bytes > file->source->most)
        return gm_fail(error, GM_BAD_DATA, "%s: its head declares more data than the file can hold; %s", path,
                       fits_reversed(file) ? "its sizes are in little-endian order, IDX is big-endian"
                                           : "is it a partial download?");
    if (bytes == 0)
        return gm_fail(error, GM_BAD_DATA, "%s: no rows or no features; one of its sizes is 0", path);
    file->rows = file->sizes[0];
    file->features = bytes / file->width / file->rows;
    return GM_OK;
}

static gm_status fail_short(const idx_file *file, gm_error *error)
{
    return gm_fail(error, GM_BAD_DATA, "%s: the file is cut short; expected %zu rows of %zu numbers",
                   file->source->path, file->rows, file->features);
}

static gm_status read_head(idx_file *file, gm_source *source, gm_error *error)
{
    *file = (idx_file){.source = source};
    uint8_t bytes[4 * MOST_DIMENSIONS];
    size_t got;
    gm_status status = gm_source_read(source, bytes, 4, &got, error);
    if (status)
        return status;
    if (got < 4)
        return gm_fail(error, GM_BAD_DATA, "%s: not an IDX file; expected at least 4 bytes, got %zu",
                       source->path, got);
    status = check_magic(file, bytes, error);
    if (status)
        return status;
    file->type = bytes[2];
    file->width = width_of(file->type);
    file->dimensions = bytes[3];
    status = gm_source_read(source, bytes, 4 * file->dimensions, &got, error);
    if (status)
        return status;
    if (got < 4 * file->dimensions)
        return gm_fail(error, GM_BAD_DATA, "%s: the file ends within its head; expected %zu sizes, got %zu",
                       source->path, file->dimensions, got / 4);
    for (size_t i = 0; i < file->dimensions; i++)
        file->sizes[i] = (size_t)big_endian(bytes + 4 * i, 4);
    return check_sizes(file, error);
}

/* Fails if data follows the numbers. Only one more byte is read, because a gzip file could still contain
 * gigabytes. */
static gm_status check_end(const idx_file *file, gm_error *error)
{
    uint8_t excess;
    size_t got;
    const gm_status status = gm_source_read(file->source, &excess, 1, &got, error);
    if (status || got == 0)
        return status;
    return gm_fail(error, GM_BAD_DATA, "%s: more data than declared; expected %zu rows of %zu numbers",
                   file->source->path, file->rows, file->features);
}

static gm_status read_numbers(const idx_file *file, size_t count, double *numbers, gm_error *error)
{
    uint8_t bytes[CHUNK * LARGEST_NUMBER];
    size_t got;
    const gm_status status = gm_source_read(file->source, bytes, count * file->width, &got, error);
    if (status)
        return status;
    if (got < count * file->width)
        return fail_short(file, error);
    for (size_t i = 0; i < count; i++)
        numbers[i] = number_at(bytes + i * file->width, file->type, file->width);
    return GM_OK;
}

/* Reads numbers that are not bytes, and converts them to the type of the table. */
static gm_status read_reals(gm_table *table, const idx_file *file, gm_error *error)
{
    double numbers[CHUNK];
    const bool wide = table->type == GM_TYPE_F64;
    const double largest = wide ? DBL_MAX : (double)FLT_MAX;
    const size_t total = file->rows * file->features;
    for (size_t done = 0; done < total; done += CHUNK) {
        const size_t count = gm_min(CHUNK, total - done);
        const gm_status status = read_numbers(file, count, numbers, error);
        if (status)
            return status;
        for (size_t i = 0; i < count; i++) {
            if (!(fabs(numbers[i]) <= largest))
                return gm_fail(error, GM_BAD_DATA, "%s: row %zu, number %zu: not a number or too large%s",
                               file->source->path, (done + i) / file->features + 1,
                               (done + i) % file->features + 1, wide ? "" : "; expected at most 3.4e38");
            gm_put_number(table->x, table->type, done + i, numbers[i]);
        }
    }
    return check_end(file, error);
}

static gm_status read_bytes(const idx_file *file, uint8_t *x, gm_error *error)
{
    const size_t total = file->rows * file->features;
    size_t got;
    const gm_status status = gm_source_read(file->source, x, total, &got, error);
    if (status)
        return status;
    return got < total ? fail_short(file, error) : check_end(file, error);
}

static gm_status read_features(gm_table *table, const idx_file *file, gm_precision precision, gm_error *error)
{
    table->type = file->type == IDX_U8 ? GM_TYPE_U8 : gm_type_of(precision);
    table->rows = file->rows;
    table->features = file->features;
    table->x = gm_table_array(file->rows, file->features, gm_type_size(table->type), "the features", error);
    if (!table->x)
        return GM_LIMIT;
    return table->type == GM_TYPE_U8 ? read_bytes(file, table->x, error) : read_reals(table, file, error);
}

static gm_status read_labels(gm_table *table, const idx_file *file, gm_error *error)
{
    table->labels = gm_table_array(file->rows, 1, sizeof *table->labels, "the labels", error);
    if (!table->labels)
        return GM_LIMIT;
    double numbers[CHUNK];
    const size_t stride = file->features, most = CHUNK / stride; /* the first number of a row is its label */
    for (size_t done = 0; done < file->rows; done += most) {
        const size_t count = gm_min(most, file->rows - done);
        const gm_status status = read_numbers(file, count * stride, numbers, error);
        if (status)
            return status;
        for (size_t i = 0; i < count; i++) {
            const double label = numbers[i * stride];
            if (label < 0 || label >= GM_CLASS_LIMIT)
                return gm_fail(error, GM_BAD_DATA, "%s: label of row %zu; expected 0 to %d, got %.0f",
                               file->source->path, done + i + 1, GM_CLASS_LIMIT - 1, label);
            table->labels[done + i] = (uint32_t)label;
        }
    }
    if (stride > 1) {
        const gm_status status = gm_table_remark(
            table, error, "%s: %zu numbers in each row, as in QMNIST; the first is taken for the class",
            file->source->path, stride);
        if (status)
            return status;
    }
    return check_end(file, error);
}

/* "3 dimensions (60 x 28 x 28)", "1 dimension of floats (60)". */
static void describe_shape(const idx_file *file, char text[SHAPE_SHOWN])
{
    size_t used = gm_append(text, SHAPE_SHOWN, 0, "%zu dimension%s%s (", file->dimensions,
                            gm_plural(file->dimensions), is_whole(file->type) ? "" : " of floats");
    for (size_t i = 0; i < file->dimensions; i++)
        used = gm_append(text, SHAPE_SHOWN, used, "%s%zu", i > 0 ? " x " : "", file->sizes[i]);
    gm_append(text, SHAPE_SHOWN, used, ")");
}

/* Whether this is a file of labels: one label for each row, or the matrix of QMNIST, whose first column has
 * the labels. */
static bool holds_labels(const idx_file *file)
{
    const bool known = file->features == 1 || (file->features == QMNIST_COLUMNS && file->type == IDX_I32);
    return is_whole(file->type) && (file->dimensions == 1 || (file->dimensions == 2 && known));
}

static gm_status check_pair(const idx_file *images, const idx_file *labels, gm_error *error)
{
    const char *path = labels->source->path;
    char shape[SHAPE_SHOWN];
    if (!holds_labels(labels)) {
        describe_shape(labels, shape);
        return gm_fail(error, GM_BAD_DATA,
                       "%s: not a file of labels; expected 1 dimension of whole numbers, got %s", path,
                       shape);
    }
    if (labels->rows != images->rows)
        return gm_fail(error, GM_BAD_DATA, "%s: %zu labels; expected %zu, one for each row of %s", path,
                       labels->rows, images->rows, images->source->path);
    return GM_OK;
}

/* Reads features and labels. The heads of both files are checked before any data is read. */
static gm_status read_pair(gm_table *table, const idx_file *images, gm_source *source,
                           const gm_dataset_options *options, gm_error *error)
{
    idx_file labels;
    gm_status status = gm_source_refuse_foreign(source, error);
    if (!status)
        status = read_head(&labels, source, error);
    if (!status)
        status = check_pair(images, &labels, error);
    if (!status)
        status = read_features(table, images, options->precision, error);
    if (!status)
        status = read_labels(table, &labels, error);
    if (status)
        return status;
    return options->classes ? gm_labels_map(table, source->path, options, error)
                            : gm_labels_count(table, source->path, error);
}

/* Whether the file given as labels contains images, so that the user has probably exchanged the two. */
static bool holds_images(const char *path)
{
    gm_source source;
    idx_file file;
    const bool read =
        gm_source_open(&source, path, NULL) == GM_OK && read_head(&file, &source, NULL) == GM_OK;
    gm_source_close(&source);
    return read && !holds_labels(&file);
}

/* Checks that the file has as many features as the model. An IDX file has no names, so columns are matched by
 * position. */
static gm_status match_columns(gm_table *table, const idx_file *images, const gm_columns *columns,
                               gm_error *error)
{
    if (!columns)
        return GM_OK;
    if (images->features != columns->count)
        return gm_fail(error, GM_BAD_DATA, "%s: %zu features; expected %zu, the features of the model",
                       images->source->path, images->features, columns->count);
    if (gm_columns_check_numbers(columns, images->source->path, error) != GM_OK)
        return GM_BAD_DATA;
    if (columns->inputs != columns->count)
        return gm_fail(error, GM_BAD_DATA,
                       "%s: the model has inputs for missing values, which an IDX file cannot have",
                       images->source->path);
    return gm_columns_named(columns)
               ? gm_table_remark(table, error,
                                 "columns are matched by position, because an IDX file has no names")
               : GM_OK;
}

gm_status gm_idx_read(gm_table *table, gm_source *source, const gm_dataset_options *options, gm_error *error)
{
    idx_file images;
    table->format = GM_FORMAT_IDX;
    gm_status status = read_head(&images, source, error);
    if (status)
        return status;
    if (images.dimensions == 1 && is_whole(images.type))
        return gm_fail(error, GM_BAD_DATA,
                       "%s: a file of labels; expected images, 2 or more dimensions, got 1%s", source->path,
                       options->labels && holds_images(options->labels) ? "; are images and labels exchanged?"
                                                                        : "");
    status = match_columns(table, &images, options->columns, error);
    if (status)
        return status;
    if (!options->labels)
        return read_features(table, &images, options->precision, error);
    gm_source label_source;
    status = gm_source_open(&label_source, options->labels, error);
    if (!status)
        status = read_pair(table, &images, &label_source, options, error);
    gm_source_close(&label_source);
    return status;
}
