/* Data sets: samples in rows, dense, u8 or f32 in memory (u8 stays u8 until a batch is gathered), with class
 * labels or with numeric targets. Read from IDX (gzip or plain) and CSV; or made from arrays. */
#ifndef GRADMILL_DATASET_H
#define GRADMILL_DATASET_H

#include <gradmill/array.h>
#include <gradmill/status.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

GM_BEGIN_DECLS

typedef struct gm_dataset gm_dataset;

typedef enum gm_missing {
    GM_MISSING_REFUSE, /* an empty or NA-like cell is an error with its line and column */
    GM_MISSING_MEAN,   /* it becomes the mean of its column */
    GM_MISSING_DROP,   /* its row is left out */
} gm_missing;

/* How a file is to be read. Fields that do not concern its format are ignored. */
typedef struct gm_dataset_options {
    const char *labels; /* IDX: the file of labels that belongs to the images; default NULL = none */
    const char *target; /* CSV: label column, by header name or by number from 1 ("-1" = last), or "none";
                           default last, or the first if it alone is named label, class or target */
    char delimiter;     /* CSV: default 0 = ','; ' ' = any number of spaces and tabs */
    int header; /* CSV: 1 yes, 0 no, -1 detect (a first row of texts above rows of numbers); default -1 */
    bool regression;    /* CSV: the target column holds numbers to be fitted, not classes; default false */
    gm_missing missing; /* CSV: default GM_MISSING_REFUSE */
    /* CSV: the class names of a model that will judge this data: labels are mapped to these, an unseen class
     * is refused. Borrowed. Default NULL: classes are found in the data and sorted (numbers by value). */
    const char *const *classes;
    size_t class_count;
} gm_dataset_options;

GM_API gm_dataset_options gm_dataset_options_default(void);

/* Reads one data set; the format is told by the content (IDX magic, gzip magic), not by the name.
 * GM_BAD_DATA: "FILE:LINE:COLUMN: what; expected X, got Y; hint". GM_IO, GM_LIMIT. *dataset is NULL on
 * failure. */
GM_API gm_status gm_dataset_load(gm_dataset **dataset, const char *path, const gm_dataset_options *options,
                                 gm_error *error);

/* The files of an MNIST-like directory: {train,t10k,test}-{images-idx3,labels-idx1}-ubyte or
 * -labels-idx2-int, with or without .gz; in upper or lower case, with '.' for '-', and with a prefix that all
 * of them share ("emnist-letters-").
 */
typedef struct gm_dataset_files {
    char train[1024], train_labels[1024]; /* empty if not there */
    char test[1024], test_labels[1024];
} gm_dataset_files;

/* Looks into a directory. GM_IO: it cannot be opened; GM_BAD_DATA: no training images in it, or those of
 * several collections. */
GM_API gm_status gm_dataset_find(const char *directory, gm_dataset_files *files, gm_error *error);

/* A data set from arrays, which are copied: x of type U8 or F32; y LABEL (classes = number of classes) or
 * F32. */
GM_API gm_status gm_dataset_from_arrays(gm_dataset **dataset, gm_array x, gm_array y, size_t classes,
                                        gm_error *error);

/* Parts of `all`: a share of the rows, drawn with `seed`, becomes *valid, the others *train, both in shuffled
 * order. With labels the draw is stratified: each class gives the same share, rounded, and a class with one
 * row stays in train. Both are views that borrow from `all`, which must outlive them. share in [0, 1). */
GM_API gm_status gm_dataset_split(const gm_dataset *all, double share, uint64_t seed, gm_dataset **train,
                                  gm_dataset **valid, gm_error *error);

GM_API void gm_dataset_destroy(gm_dataset *dataset);

GM_API size_t gm_dataset_rows(const gm_dataset *dataset);
GM_API size_t gm_dataset_features(const gm_dataset *dataset);
/* Columns of the target: the number of classes, or the number of numeric targets. 0: no targets at all. */
GM_API size_t gm_dataset_targets(const gm_dataset *dataset);
GM_API bool gm_dataset_has_labels(const gm_dataset *dataset);
GM_API gm_type gm_dataset_type(const gm_dataset *dataset);               /* GM_TYPE_U8 or GM_TYPE_F32 */
GM_API uint32_t gm_dataset_label(const gm_dataset *dataset, size_t row); /* has_labels, row < rows */
GM_API const char *gm_dataset_class_name(const gm_dataset *dataset,
                                         size_t c); /* "0", "setosa"; NULL past the last */
GM_API const char *gm_dataset_feature_name(const gm_dataset *dataset,
                                           size_t f); /* NULL if there was no header */
/* What the reader noticed and the user should know, one line each ("header found: x, y, class"); NULL past
 * the last. */
GM_API const char *gm_dataset_remark(const gm_dataset *dataset, size_t index);

/* Scaling of features: x' = (x - shift) * factor, for each feature. */
typedef enum gm_scaling_kind {
    GM_SCALING_AUTO,     /* unit for u8, standard for f32 */
    GM_SCALING_NONE,     /* shift 0, factor 1 */
    GM_SCALING_UNIT,     /* shift 0, factor 1/255 */
    GM_SCALING_STANDARD, /* shift mean, factor 1 / standard deviation (1 for a constant column) */
} gm_scaling_kind;

typedef struct gm_scaling {
    gm_scaling_kind kind; /* never AUTO */
    size_t features;
    size_t constant_features; /* columns without any spread, met by the fit */
    float *shift, *factor;    /* features each */
} gm_scaling;

GM_API const char *gm_scaling_name(gm_scaling_kind kind);
GM_API bool gm_scaling_from_name(const char *name, gm_scaling_kind *kind);

/* Computed on the rows of `dataset` only: give it the training part. */
GM_API gm_status gm_scaling_fit(gm_scaling **scaling, gm_scaling_kind kind, const gm_dataset *dataset,
                                gm_error *error);
/* From stored values, which are copied; the door for model files. */
GM_API gm_status gm_scaling_create(gm_scaling **scaling, gm_scaling_kind kind, size_t features,
                                   const float *shift, const float *factor, gm_error *error);
GM_API void gm_scaling_destroy(gm_scaling *scaling);

/* Gathers rows[0 .. count) into x (count x features) and y (count x targets), both of the given precision and
 * without gaps; features are scaled (scaling may be NULL), labels become one-hot rows. y may be NULL.
 * The caller guarantees rows[i] < gm_dataset_rows and that scaling fits. Allocates nothing. */
GM_API void gm_dataset_gather(const gm_dataset *dataset, const gm_scaling *scaling, const uint32_t *rows,
                              size_t count, gm_precision precision, void *x, void *y);

GM_END_DECLS

#endif
