/* Data sets as files that other programs read, and that gm_dataset_load reads back with the same numbers. */
#ifndef GRADMILL_EXPORT_H
#define GRADMILL_EXPORT_H

#include <gradmill/dataset.h>
#include <gradmill/status.h>
#include <stdbool.h>

GM_BEGIN_DECLS

typedef enum gm_export_format {
    GM_EXPORT_CSV,    /* one column for each feature, then the targets; a header if the features have names */
    GM_EXPORT_NPY,    /* the features, as an array of rows x features; targets are an array of their own */
    GM_EXPORT_NPZ,    /* the arrays X and, if there are targets, y */
    GM_EXPORT_LIBSVM, /* the label, or one numeric target, and the features that are not 0 */
} gm_export_format;

/* The format that the ending of a path stands for: .csv, .npy, .npz, .libsvm, .svm or .svmlight, in upper or
 * lower case. False: none of them. */
GM_API bool gm_export_format_of(const char *path, gm_export_format *format);

/* Writes all rows of a data set, durably: the file is there as a whole or not at all. Numbers are written
 * with as many digits as are needed to read the same number back; in arrays, as f4 if all of them are floats,
 * otherwise f8; bytes stay bytes. A missing value is an empty cell, or NaN.
 *
 * Where classes are numbers, they are these numbers. Otherwise CSV has their names, and the other formats
 * have their places, from 0 (gm_export_keeps_classes). Columns of texts can only be written to CSV, before
 * gm_dataset_encode. Weights and groups of rows are not written.
 *
 * GM_USAGE: columns of texts, or several targets, that the format does not have; an existing file of another
 * kind. GM_IO, GM_LIMIT. */
GM_API gm_status gm_dataset_export(const gm_dataset *dataset, const char *path, gm_export_format format,
                                   gm_error *error);

/* Writes the targets as an NPY array: labels as i8 in one dimension; one numeric target in one dimension,
 * several in two. GM_USAGE also: there are none. */
GM_API gm_status gm_dataset_export_targets(const gm_dataset *dataset, const char *path, gm_error *error);

/* Whether this format keeps the names of the classes. True also if there are no classes. */
GM_API bool gm_export_keeps_classes(const gm_dataset *dataset, gm_export_format format);

GM_END_DECLS

#endif
