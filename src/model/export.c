/* Writes data sets to files: chooses what is written, and calls the stream of each format. */
#include "model/export.h"

#include "base/ascii.h"
#include "base/error.h"
#include "base/foreign.h"
#include "base/memory.h"
#include "base/names.h"
#include "base/number.h"

#include <math.h>
#include <string.h>

#define EXACT_LIMIT 0x1p53 /* different whole numbers below this are different doubles */

static const struct {
    const char *ending;
    gm_export_format format;
} endings[] = {{".csv", GM_EXPORT_CSV},       {".npy", GM_EXPORT_NPY},    {".npz", GM_EXPORT_NPZ},
               {".libsvm", GM_EXPORT_LIBSVM}, {".svm", GM_EXPORT_LIBSVM}, {".svmlight", GM_EXPORT_LIBSVM}};

static bool ends_with(const char *path, const char *ending)
{
    const size_t length = strlen(path), own = strlen(ending);
    if (length < own)
        return false;
    for (size_t i = 0; i < own; i++)
        if (gm_lower(path[length - own + i]) != ending[i])
            return false;
    return true;
}

bool gm_export_format_of(const char *path, gm_export_format *format)
{
    for (size_t i = 0; i < GM_ROWS(endings); i++) {
        if (ends_with(path, endings[i].ending)) {
            *format = endings[i].format;
            return true;
        }
    }
    return false;
}

/* ---- what may be replaced ---- */

static bool is_npy(const char *head, size_t size)
{
    return size >= 6 && memcmp(head, "\x93NUMPY", 6) == 0;
}

static bool is_npz(const char *head, size_t size)
{
    return size >= 4 && memcmp(head, "PK\3\4", 4) == 0 && memmem(head, size, ".npy", 4);
}

/* A text whose first line has this character. */
static bool is_text_with(const char *head, size_t size, char separator)
{
    const char *stop = memchr(head, '\n', size);
    const size_t line = stop ? (size_t)(stop - head) : size;
    return gm_is_text(head, size) && memchr(head, separator, line);
}

static bool is_csv(const char *head, size_t size)
{
    return !gm_foreign_find(head, size) && is_text_with(head, size, ',');
}

static bool is_libsvm(const char *head, size_t size)
{
    return !gm_foreign_find(head, size) && is_text_with(head, size, ':');
}

const gm_file_kind *gm_export_kind(gm_export_format format)
{
    static const gm_file_kind kinds[] = {[GM_EXPORT_CSV] = {"a CSV file", is_csv},
                                         [GM_EXPORT_NPY] = {"an NPY file", is_npy},
                                         [GM_EXPORT_NPZ] = {"an NPZ file", is_npz},
                                         [GM_EXPORT_LIBSVM] = {"a LIBSVM file", is_libsvm}};
    return &kinds[format];
}

/* ---- classes ---- */

/* Whether the name is a whole number, and which. */
static bool whole_number(const char *name, double *number)
{
    return gm_parse_double(name, strlen(name), number) && *number == floor(*number) &&
           fabs(*number) < EXACT_LIMIT;
}

static bool classes_are_numbers(const gm_dataset *dataset)
{
    double number;
    for (size_t c = 0; c < gm_dataset_targets(dataset); c++)
        if (!whole_number(gm_dataset_class_name(dataset, c), &number))
            return false;
    return true;
}

bool gm_export_keeps_classes(const gm_dataset *dataset, gm_export_format format)
{
    return format == GM_EXPORT_CSV || !gm_dataset_has_labels(dataset) || classes_are_numbers(dataset);
}

double *gm_export_class_numbers(const gm_dataset *dataset, gm_error *error)
{
    const size_t count = gm_dataset_targets(dataset);
    const bool numbers = classes_are_numbers(dataset);
    double *values = gm_table_array(count, 1, sizeof *values, "the classes", error);
    for (size_t c = 0; values && c < count; c++)
        if (!numbers || !whole_number(gm_dataset_class_name(dataset, c), &values[c]))
            values[c] = (double)c;
    return values;
}

/* ---- writing ---- */

static gm_status write_array(const gm_dataset *dataset, const char *path, bool targets, const double *classes,
                             gm_error *error)
{
    gm_array_stream stream;
    gm_status status = gm_array_stream_open(&stream, dataset, targets, classes, error);
    const gm_durable_parts parts = {gm_array_stream_next, &stream};
    if (!status)
        status =
            gm_durable_write_parts(&gm_durable_system, path, gm_export_kind(GM_EXPORT_NPY), &parts, error);
    gm_array_stream_close(&stream);
    return status;
}

static gm_status write_text(const gm_dataset *dataset, const char *path, gm_export_format format,
                            const double *classes, gm_error *error)
{
    gm_text_stream stream;
    gm_status status = gm_text_stream_open(&stream, dataset, format, classes, error);
    const gm_durable_parts parts = {gm_text_stream_next, &stream};
    if (!status)
        status = gm_durable_write_parts(&gm_durable_system, path, gm_export_kind(format), &parts, error);
    gm_text_stream_close(&stream);
    return status;
}

static gm_status write_archive(const gm_dataset *dataset, const char *path, const double *classes,
                               gm_error *error)
{
    gm_array_stream x, y = {0};
    const bool targeted = gm_dataset_targets(dataset) > 0;
    gm_status status = gm_array_stream_open(&x, dataset, false, NULL, error);
    if (!status && targeted)
        status = gm_array_stream_open(&y, dataset, !classes, classes, error);
    if (!status)
        status = gm_export_archive(path, &x, targeted ? &y : NULL, error);
    gm_array_stream_close(&x);
    gm_array_stream_close(&y);
    return status;
}

static gm_status write_format(const gm_dataset *dataset, const char *path, gm_export_format format,
                              const double *classes, gm_error *error)
{
    switch (format) {
    case GM_EXPORT_NPY:
        return write_array(dataset, path, false, NULL, error);
    case GM_EXPORT_NPZ:
        return write_archive(dataset, path, classes, error);
    default:
        return write_text(dataset, path, format, classes, error);
    }
}

static gm_status check(const gm_dataset *dataset, gm_export_format format, gm_error *error)
{
    const bool numbers = gm_dataset_targets(dataset) > 0 && !gm_dataset_has_labels(dataset);
    if ((unsigned)format > GM_EXPORT_LIBSVM)
        return gm_fail(error, GM_USAGE, "unknown format %d of a file", (int)format);
    if (format != GM_EXPORT_CSV && gm_dataset_categorical(dataset) > 0)
        return gm_fail(error, GM_USAGE, "columns of texts can only be written to CSV; encode them first");
    if (format == GM_EXPORT_LIBSVM && numbers && gm_dataset_targets(dataset) > 1)
        return gm_fail(error, GM_USAGE, "LIBSVM has one target in each row; the data has %zu",
                       gm_dataset_targets(dataset));
    return GM_OK;
}

gm_status gm_dataset_export(const gm_dataset *dataset, const char *path, gm_export_format format,
                            gm_error *error)
{
    gm_status status = check(dataset, format, error);
    double *classes = NULL;
    if (!status && gm_dataset_has_labels(dataset) && format != GM_EXPORT_CSV) {
        classes = gm_export_class_numbers(dataset, error);
        status = classes ? GM_OK : GM_LIMIT;
    }
    if (!status)
        status = write_format(dataset, path, format, classes, error);
    gm_free(classes);
    return status;
}

gm_status gm_dataset_export_targets(const gm_dataset *dataset, const char *path, gm_error *error)
{
    double *classes = NULL;
    if (gm_dataset_targets(dataset) == 0)
        return gm_fail(error, GM_USAGE, "%s: the data has no targets", path);
    if (gm_dataset_has_labels(dataset) && !(classes = gm_export_class_numbers(dataset, error)))
        return GM_LIMIT;
    const gm_status status = write_array(dataset, path, !classes, classes, error);
    gm_free(classes);
    return status;
}
