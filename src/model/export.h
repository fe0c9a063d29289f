/* The parts of the export of data sets: a stream for each kind of contents, which is written piece by piece,
 * so that it need not be in memory as a whole. */
#ifndef GM_MODEL_EXPORT_H
#define GM_MODEL_EXPORT_H

#include "data/dataset.h"
#include "model/durable.h"

#include <gradmill/export.h>

/* What may be replaced by an export of this format. */
const gm_file_kind *gm_export_kind(gm_export_format format);

/* The number of each class in a file of numbers: the number that is its name, or its place if one of the
 * names is not a whole number. To be freed; NULL: GM_LIMIT, and *error is set. */
double *gm_export_class_numbers(const gm_dataset *dataset, gm_error *error);

/* An array as an NPY file. */
typedef struct gm_array_stream {
    const gm_dataset *dataset;
    const double *classes; /* for labels: the number of each class; NULL: the features, or numeric targets */
    bool targets;          /* numeric targets */
    gm_type type;          /* of the elements. Labels: GM_TYPE_LABEL, which is written as i8 */
    size_t columns, width; /* bytes of a number */
    char head[256];
    size_t head_size;
    bool begun; /* the head was given out */
    size_t row;
    char *buffer;
    size_t buffer_rows;
} gm_array_stream;

/* Prepares a stream: of the features, of numeric targets, or of labels if `classes` is given. GM_LIMIT. Close
 * it even after a failure. */
gm_status gm_array_stream_open(gm_array_stream *stream, const gm_dataset *dataset, bool targets,
                               const double *classes, gm_error *error);
void gm_array_stream_close(gm_array_stream *stream);

/* All bytes of the file. */
size_t gm_array_stream_size(const gm_array_stream *stream);

/* For gm_durable_parts: the next part. `context` is the stream. After the end it begins anew. */
bool gm_array_stream_next(void *context, gm_buffer *part);

/* CSV or LIBSVM text. */
typedef struct gm_text_stream {
    const gm_dataset *dataset;
    gm_export_format format;
    const double *classes; /* LIBSVM: the number of each class; NULL: targets are numbers, or CSV has names */
    bool header;           /* of CSV */
    size_t first_index;    /* of LIBSVM */
    size_t line, column;   /* the next cell; line 0 is the header, or the first row */
    char *buffer;
    size_t capacity, largest; /* bytes of the largest cell */
} gm_text_stream;

gm_status gm_text_stream_open(gm_text_stream *stream, const gm_dataset *dataset, gm_export_format format,
                              const double *classes, gm_error *error);
void gm_text_stream_close(gm_text_stream *stream);
bool gm_text_stream_next(void *context, gm_buffer *part);

/* Writes an NPZ archive of these arrays. y may be NULL. GM_USAGE, GM_IO, GM_LIMIT. */
gm_status gm_export_archive(const char *path, gm_array_stream *x, gm_array_stream *y, gm_error *error);

#endif
