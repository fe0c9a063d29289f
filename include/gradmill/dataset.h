/* Data sets: samples in rows, dense, u8, f32 or f64 in memory (u8 stays u8 until a batch is gathered), with
 * class labels or with numeric targets. Read from CSV, NPY, NPZ, LIBSVM, SQLite and IDX files, plain or gzip;
 * or made from arrays.
 *
 * What a model learns about its columns (names, means, scaling) is learned on the training part only, stored
 * in the model, and applied to every file that the model is used on: see gm_columns. */
#ifndef GRADMILL_DATASET_H
#define GRADMILL_DATASET_H

#include <gradmill/array.h>
#include <gradmill/status.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

GM_BEGIN_DECLS

typedef struct gm_dataset gm_dataset;

/* What becomes of a cell without a value (empty, NA, nan and the like). Replacements are learned on the
 * training rows: from the cells that have a value, by gm_columns_fit, and then stored in the model. A file
 * that is read for a model gets the replacements of that model, whichever of the three is asked for. A target
 * has no replacement: its cell is an error. */
typedef enum gm_missing {
    GM_MISSING_AUTO,          /* replaced if `columns` has replacements, otherwise GM_MISSING_REFUSE */
    GM_MISSING_REFUSE,        /* it is an error with its line and column */
    GM_MISSING_MEAN,          /* replaced by the mean of its column; a category by the most frequent one */
    GM_MISSING_DROP,          /* its row is left out */
    GM_MISSING_MEDIAN,        /* replaced by the median; a category by the most frequent one */
    GM_MISSING_MOST_FREQUENT, /* replaced by the value that occurs most often, the smallest of several */
    GM_MISSING_KEEP, /* it stays missing until gm_dataset_encode, if that is called; with `columns` replaced
                      */
} gm_missing;
#define GM_MISSING_COUNT 7

/* A column of a file that a model reads, and how its cells become inputs of the network, in this order:
 *
 *     a column of numbers     one input
 *     a column of categories  one input for each category: 1 for the cell's own, 0 for all others (one-hot);
 *                             then, if `rest`, one that is 1 for a text that is none of the categories.
 *                             Without it, such a text sets all of them to 0
 *     `indicator`             one more: 1 where the value is missing, otherwise 0
 */
typedef struct gm_data_column {
    char *name;            /* NULL: not known */
    char **categories;     /* sorted, numbers by value; NULL: the column holds numbers */
    size_t category_count; /* >= 1 if it holds categories */
    bool rest, indicator;
    double replacement; /* of a missing value: a number, or the place of a category from 0; NaN: not known */
    size_t first;       /* the place of its first input among those of the network, from 0 */
} gm_data_column;

/* The number of inputs that a column becomes. */
static inline size_t gm_data_column_inputs(const gm_data_column *column)
{
    return (column->categories ? column->category_count + column->rest : 1) + column->indicator;
}

/* A column that a model answers. */
typedef struct gm_target_column {
    char *name;    /* NULL: not known */
    size_t column; /* its place in the training file, from 1; 0: not known. Used if matched by position */
} gm_target_column;

/* What a model knows of the columns that it was trained on. A file with a header is matched by name: columns
 * may stand in any order, columns that are not needed are ignored and not even read. Any other file is
 * matched by position: then it must have `count` columns, or those of the targets besides, and a remark says
 * so. */
typedef struct gm_columns {
    size_t inputs; /* of the network, made of all columns */
    size_t count;
    gm_data_column *items; /* in the order of the network's inputs; either all have a name, each its own, or
                              none has one */
    /* The column of labels, or those of the numeric targets in the order of the network's outputs. Either all
     * have a name or none has one. 0 and NULL: not known. */
    size_t target_count;
    gm_target_column *targets;
} gm_columns;

/* Whether the columns have names. */
static inline bool gm_columns_named(const gm_columns *columns)
{
    return columns->count > 0 && columns->items[0].name;
}

/* The name of a target; NULL: it is not known. columns may be NULL. */
static inline const char *gm_columns_target(const gm_columns *columns, size_t target)
{
    return columns && target < columns->target_count ? columns->targets[target].name : NULL;
}

/* How a file is to be read. Fields that do not concern its format are ignored, but for `labels` of a text
 * file. */
typedef struct gm_dataset_options {
    size_t size; /* of this struct, which gm_dataset_options_default sets */
    /* IDX, NPY: the file of labels or targets that belongs to the data, of the same format; default NULL =
     * none. GM_USAGE if the data has its target in itself, and the target is to be read. */
    const char *labels;
    /* CSV: the target's column, by header name, by number from 1 ("-1" = last), or "none"; of a regression
     * also several with commas between them, in the order of the network's outputs. A name in the header goes
     * before these meanings: a column that is called "3" or "none" is found by "3" or "none". Default NULL:
     * the target that `columns` knows, otherwise the last column, or the first if it alone is named label,
     * class or target. NPY, NPZ: the column of the array that is the target, by number; default NULL: that of
     * `columns` if there is one column more than it has features, otherwise none. */
    const char *target;
    char delimiter; /* CSV: default 0 = ','; ' ' = any number of spaces and tabs */
    /* CSV: 1 yes, 0 no, -1 detect (a first row of texts above rows of numbers); default -1. A
     * '#' before the first name of a header is left out of that name, unless this is 0. */
    int header;
    bool regression;    /* all but IDX: targets are numbers to be fitted, not classes; default false */
    gm_missing missing; /* all but IDX: default GM_MISSING_AUTO */
    /* CSV: lists of columns, by header name or number, with commas between them; default NULL: none. Columns
     * of texts are categories by themselves; `categorical` are to be categories whatever they hold (numbers
     * that are only names, such as zip codes), `numeric` are to be numbers, so that a text in one of them is
     * an error. `ignore` are left out. With `columns`, the model says what its columns are: `categorical` and
     * `numeric` have no effect. */
    const char *categorical, *numeric, *ignore;
    /* The precision that features of a file are kept in (bytes stay bytes): GM_F64 keeps all digits of a CSV
     * file for a network in f64, at twice the memory. Numeric targets are always kept as doubles. Default
     * GM_F32. */
    gm_precision precision;
    /* The class names of a model that will judge this data: labels are mapped to these, an unseen class
     * is refused. Borrowed. Default NULL: classes are found in the data and sorted (numbers by value). */
    const char *const *classes;
    size_t class_count;
    /* The columns of a model that this data is for. Borrowed. Default NULL: every column but the target is a
     * feature. A file that does not have what the model needs is GM_BAD_DATA, with all missing names. */
    const gm_columns *columns;
    /* Leave the target unread, be it there or not: the data set has no targets. With `columns`, whatever
     * stands in the target's column; without them, `target` must name it. Default false. */
    bool ignore_target;
    /* The data is to be IDX, as the files of a folder are: anything else is GM_BAD_DATA. Default false. */
    bool idx;
    /* CSV: the column that says to which group a row belongs, by header name or number, as a text. It is no
     * feature; gm_dataset_split_by uses it. Default NULL: none. */
    const char *group;
    /* CSV: the column of the weight of each row, by header name or number: finite numbers of at least 0,
     * which do not add up to 0. It is no feature. Default NULL: none. */
    const char *weight;
    /* NPZ: the names of the arrays of features and of targets ("none": no targets). Default NULL: X and y, x
     * and y, x_train and y_train, X_train and y_train, or arr_0 and arr_1; or the only array there is. */
    const char *x_member, *y_member;
    /* NPZ: before these, look for x_test and y_test, or X_test and y_test. Default false. */
    bool test;
    /* LIBSVM: the index of the first feature, 0 or 1; default -1: that of the model's columns, otherwise 0 if
     * an index 0 occurs, else 1. */
    int index_base;
    /* CSV: what stands before the decimals of a number: '.' or ','. With a comma, a number with a point is
     * none, because in such a file the point would separate thousands. Default 0 = '.'. */
    char decimal;
    /* CSV: lines that begin with this text are left out. Borrowed. Default NULL: there are no comments. */
    const char *comment;
    /* CSV: a list of columns, by header name or number, whose cells are kept as texts, whatever else they
     * are: gm_dataset_kept. Default NULL: none. */
    const char *keep;
    /* SQLite: the SELECT whose rows are the data; a column of the result is a column of the file, and the
     * options of CSV hold for it. Default NULL: all rows of the only table. GM_BAD_DATA: something else than
     * one SELECT, or one that fails. */
    const char *query;
} gm_dataset_options;

GM_API void gm_dataset_options_fill(gm_dataset_options *options, size_t size);
static inline gm_dataset_options gm_dataset_options_default(void)
{
    gm_dataset_options options;
    gm_dataset_options_fill(&options, sizeof options);
    return options;
}

/* Reads one data set; the format is told by the content, not by the name. The path
 * "-" is standard input, here and in options.labels. GM_BAD_DATA: "FILE:LINE:COLUMN: what; expected X, got Y;
 * hint". GM_USAGE: options.labels and a text file. GM_IO, GM_LIMIT. *dataset is NULL on failure. */
GM_API gm_status gm_dataset_load(gm_dataset **dataset, const char *path, const gm_dataset_options *options,
                                 gm_error *error);

/* The same for one or more files, whose rows follow each other: as if they were one file of CSV or LIBSVM
 * text. If the first one has a header, each of the others begins with the same header, or has none.
 * GM_BAD_DATA also: another header; several files of another format. GM_USAGE also: no files. */
GM_API gm_status gm_dataset_load_files(gm_dataset **dataset, const char *const *paths, size_t count,
                                       const gm_dataset_options *options, gm_error *error);

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

/* A data set from arrays, which are copied: x of type U8, F32 or F64; y LABEL (classes = number of classes),
 * F32 or F64. */
GM_API gm_status gm_dataset_from_arrays(gm_dataset **dataset, gm_array x, gm_array y, size_t classes,
                                        gm_error *error);

/* How rows are divided into a training part and a validation part. */
typedef struct gm_split_options {
    size_t size;   /* of this struct, which gm_split_options_default sets */
    double share;  /* of the rows that are for validation, in [0, 1), rounded; default 0.1 */
    uint64_t seed; /* of the draw; default 1 */
    /* The last rows are for validation, and both parts keep the order of the data. For rows in the order of
     * time: a random draw would show the network what comes after the rows that it is judged on. The draw is
     * not stratified, and seed is not used. Default false. */
    bool last;
    /* The number of the group of each row, gm_dataset_rows(all) of them, borrowed. A group is never on both
     * sides, so that a network is judged on groups that it has not seen: other patients, other houses. Groups
     * are drawn for as long as each brings the number of rows closer to `share`; if share is not 0, there is
     * at least one on either side. Not stratified. Default NULL: the groups of the data set (see
     * gm_dataset_options.group), or none. */
    const uint32_t *groups;
} gm_split_options;

GM_API void gm_split_options_fill(gm_split_options *options, size_t size);
static inline gm_split_options gm_split_options_default(void)
{
    gm_split_options options;
    gm_split_options_fill(&options, sizeof options);
    return options;
}

/* Divides `all` into *train and *valid: views that borrow from `all`, which must outlive them. options may be
 * NULL. A random draw leaves both in shuffled order. With labels it is stratified: each class gives the same
 * share, rounded, and a class with one row stays in train. GM_USAGE: a share out of its range; `last` with
 * groups. GM_BAD_DATA: one group only. GM_LIMIT. */
GM_API gm_status gm_dataset_split_by(const gm_dataset *all, const gm_split_options *options,
                                     gm_dataset **train, gm_dataset **valid, gm_error *error);
/* The same at random, with this share and seed. */
GM_API gm_status gm_dataset_split(const gm_dataset *all, double share, uint64_t seed, gm_dataset **train,
                                  gm_dataset **valid, gm_error *error);

GM_API void gm_dataset_destroy(gm_dataset *dataset);

GM_API size_t gm_dataset_rows(const gm_dataset *dataset);
/* The columns of the file that are features; once it is encoded, the inputs of the network. */
GM_API size_t gm_dataset_features(const gm_dataset *dataset);
/* Columns of the target: the number of classes, or the number of numeric targets. 0: no targets at all. */
GM_API size_t gm_dataset_targets(const gm_dataset *dataset);
GM_API bool gm_dataset_has_labels(const gm_dataset *dataset);
GM_API gm_type gm_dataset_type(const gm_dataset *dataset); /* of the features: GM_TYPE_U8, _F32 or _F64 */
GM_API uint32_t gm_dataset_label(const gm_dataset *dataset, size_t row); /* has_labels, row < rows */
GM_API bool gm_dataset_has_groups(const gm_dataset *dataset);
/* The number of a row's group, which depends on its name alone: a CRC-32. has_groups, row < rows. */
GM_API uint32_t gm_dataset_group(const gm_dataset *dataset, size_t row);

/* Weights say how much each row counts: in training, the loss of a batch is sum w l / sum w over its rows
 * (gm_step_options). Only their ratios matter. A data set is judged without them. */
GM_API bool gm_dataset_has_weights(const gm_dataset *dataset);
GM_API double gm_dataset_weight(const gm_dataset *dataset, size_t row); /* 1 without weights; row < rows */
/* Copies gm_dataset_rows weights; NULL: every row counts as 1. Parts that were split off before keep those
 * that they have. GM_USAGE: one that is negative or not finite; GM_BAD_DATA: their sum is 0 or not finite;
 * GM_LIMIT. After a failure the weights are as they were. */
GM_API gm_status gm_dataset_set_weights(gm_dataset *dataset, const double *weights, gm_error *error);
/* Multiplies the weight of each row with that of its class, of which there are gm_dataset_targets. GM_USAGE
 * also: no labels. */
GM_API gm_status gm_dataset_weigh_classes(gm_dataset *dataset, const double *weights, gm_error *error);
/* The weights with which all classes count the same: n / (k n_c) for class c with n_c of the n rows, where k
 * is the number of classes; 0 for a class without rows (King and Zeng 2001; scikit-learn's "balanced"). Give
 * it the training part. GM_USAGE: no labels. */
GM_API gm_status gm_dataset_balance(const gm_dataset *dataset, double *weights, gm_error *error);

GM_API const char *gm_dataset_class_name(const gm_dataset *dataset,
                                         size_t c); /* "0", "setosa"; NULL past the last */
GM_API const char *gm_dataset_feature_name(const gm_dataset *dataset,
                                           size_t f); /* NULL if there was no header */
/* The name of the column of labels (target 0), or of a numeric target; NULL if it has none. */
GM_API const char *gm_dataset_target_name(const gm_dataset *dataset, size_t target);
/* Columns of texts, and cells without a value, that gm_dataset_encode has yet to make numbers of. While there
 * are any, a data set cannot be scaled, trained on or judged. */
GM_API size_t gm_dataset_categorical(const gm_dataset *dataset);
GM_API size_t gm_dataset_missing(const gm_dataset *dataset);
/* Columns that were kept as texts, in the order of the file: how many there are, the name of each ("column 3"
 * without a header), and its text in a row. NULL past the last column; row < rows. */
GM_API size_t gm_dataset_kept_columns(const gm_dataset *dataset);
GM_API const char *gm_dataset_kept_name(const gm_dataset *dataset, size_t column);
GM_API const char *gm_dataset_kept(const gm_dataset *dataset, size_t row, size_t column);
/* What the reader noticed and the user should know, one line each ("header found: x, y, class"); NULL past
 * the last. */
GM_API const char *gm_dataset_remark(const gm_dataset *dataset, size_t index);

/* How columns become inputs. */
typedef struct gm_columns_options {
    size_t size; /* of this struct, which gm_columns_options_default sets */
    /* Of each column of texts, at most so many categories have an input of their own: the most frequent ones,
     * and of those that are equally frequent the first in order. The others share one more input. >= 1;
     * default 64. */
    size_t categories;
    gm_missing missing; /* what replaces missing values: _MEAN, _MEDIAN or _MOST_FREQUENT; default _MEAN */
    bool indicators;    /* each column in which a value is missing gets one more input, 1 for a missing value;
                           default false */
} gm_columns_options;

GM_API void gm_columns_options_fill(gm_columns_options *options, size_t size);
static inline gm_columns_options gm_columns_options_default(void)
{
    gm_columns_options options;
    gm_columns_options_fill(&options, sizeof options);
    return options;
}

/* What a model is to remember of the columns, learned on these rows only: give it the training part of a data
 * set that was read without `columns`. options may be NULL. Names are those of the header; columns that share
 * a name cannot be told apart by it, so then there are none. Missing cells do not count. GM_USAGE: a data set
 * that was encoded already; GM_BAD_DATA: a column without any value in these rows; GM_LIMIT. */
GM_API gm_status gm_columns_fit(gm_columns **columns, const gm_dataset *train,
                                const gm_columns_options *options, gm_error *error);
GM_API void gm_columns_destroy(gm_columns *columns);

/* Makes the inputs of the network, of a data set that was read without `columns` and of all views of it:
 * missing cells are filled, categories become inputs of 0 and 1, which gm_scaling_fit leaves as they are.
 * What was read with `columns` is encoded already, and stays as it is. GM_USAGE: it is a view itself, or the
 * columns do not fit; GM_LIMIT, then it is as it was. */
GM_API gm_status gm_dataset_encode(gm_dataset *dataset, const gm_columns *columns, gm_error *error);

/* Scaling of features: x' = (x - shift) * factor, for each feature. */
typedef enum gm_scaling_kind {
    GM_SCALING_AUTO,     /* unit for u8, standard for f32 and f64 */
    GM_SCALING_NONE,     /* shift 0, factor 1 */
    GM_SCALING_UNIT,     /* shift 0, factor 1/255 */
    GM_SCALING_STANDARD, /* shift mean, factor 1 / standard deviation (1 for a constant column); shift 0 and
                            factor 1 for inputs of 0 and 1 that were made by gm_dataset_encode */
} gm_scaling_kind;

typedef struct gm_scaling {
    gm_scaling_kind kind; /* never AUTO */
    size_t features;
    size_t constant_features;      /* columns without any spread, met by the fit */
    double *shift, *factor;        /* features each; for batches in f64 */
    float *shift_f32, *factor_f32; /* the same, rounded; for batches in f32 */
    /* Of numeric targets: a network learns y' = (y - target_shift) * target_factor, which is computed in
     * double, and what it answers is turned back. targets numbers each; 0 and NULL: targets are left as they
     * are. See gm_scaling_fit_targets. */
    size_t targets;
    double *target_shift, *target_factor;
} gm_scaling;

GM_API const char *gm_scaling_name(gm_scaling_kind kind);
GM_API bool gm_scaling_from_name(const char *name, gm_scaling_kind *kind);

/* Computed on the rows of `dataset` only: give it the training part. GM_BAD_DATA: numbers so large that their
 * squares overflow a double; GM_USAGE: no rows, or missing cells; GM_LIMIT. */
GM_API gm_status gm_scaling_fit(gm_scaling **scaling, gm_scaling_kind kind, const gm_dataset *dataset,
                                gm_error *error);
/* From stored values, which are copied; the door for model files. GM_USAGE: a number that is not finite, or a
 * factor of 0, which would hide its feature; GM_LIMIT. */
GM_API gm_status gm_scaling_create(gm_scaling **scaling, gm_scaling_kind kind, size_t features,
                                   const double *shift, const double *factor, gm_error *error);
/* Adds to a scaling that of the targets of these rows, which are to be the training part: each target gets
 * mean 0 and standard deviation 1 (a constant one, shift its value and factor 1). Targets of large numbers,
 * or of a small spread about a large mean, are hardly learned without it. For a network of a regression only:
 * gm_network_scales_targets (train.h). GM_USAGE: no rows, or no numeric targets; GM_BAD_DATA: targets that
 * are not finite, or whose squares overflow a double; GM_LIMIT. After a failure the scaling is as it was. */
GM_API gm_status gm_scaling_fit_targets(gm_scaling *scaling, const gm_dataset *train, gm_error *error);
/* The same from stored values, which are copied. GM_USAGE as for gm_scaling_create; GM_LIMIT. */
GM_API gm_status gm_scaling_set_targets(gm_scaling *scaling, size_t targets, const double *shift,
                                        const double *factor, gm_error *error);
GM_API void gm_scaling_destroy(gm_scaling *scaling);

/* Gathers rows[0 .. count) into x (count x features) and y (count x targets), which both have the same type,
 * F32 or F64; features are scaled (scaling may be NULL), and numeric targets if the scaling has them; labels
 * become one-hot rows. y may be gm_no_array().
 * The caller guarantees rows[i] < gm_dataset_rows. Allocates nothing. GM_USAGE: types, shapes or a scaling
 * that do not fit. */
GM_API gm_status gm_dataset_gather(const gm_dataset *dataset, const gm_scaling *scaling, const uint32_t *rows,
                                   size_t count, gm_mutable_array x, gm_mutable_array y, gm_error *error);

GM_END_DECLS

#endif
