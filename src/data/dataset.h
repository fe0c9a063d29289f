/* What the files of src/data share: gm_table, which a reader fills with the rows of a file, and gm_dataset,
 * through which all other code sees the rows. */
#ifndef GM_DATA_DATASET_H
#define GM_DATA_DATASET_H

#include "base/element.h"
#include "data/kept.h"

#include <gradmill/dataset.h>

/* If there are more different labels than this, a column of numbers was taken for labels by mistake. */
#define GM_CLASS_LIMIT 65536

/* A list of strings; all zeros is the empty list. */
typedef struct gm_strings {
    char **items;
    size_t count, capacity;
} gm_strings;

/* Adds a copy of text[0 .. length); false without memory. */
bool gm_strings_add(gm_strings *list, const char *text, size_t length);
/* Adds the parts of a text, without the blanks around them; false without memory. */
bool gm_strings_split(gm_strings *list, const char *text, char separator);
const char *gm_strings_get(const gm_strings *list, size_t index); /* NULL past the last */
void gm_strings_clear(gm_strings *list);

/* The format of the file that a table was read from. */
typedef enum gm_format {
    GM_FORMAT_CSV, /* also a table that was made from arrays of the program */
    GM_FORMAT_IDX,
    GM_FORMAT_NPY,
    GM_FORMAT_NPZ,
    GM_FORMAT_LIBSVM,
    GM_FORMAT_SQLITE,
} gm_format;

const char *gm_data_format_name(gm_format format); /* "CSV", "IDX", ... */

/* The rows of a data set in memory. It has labels, or target values, or neither. A table of zeros is empty.
 */
typedef struct gm_table {
    gm_type type;       /* of x: GM_TYPE_U8, GM_TYPE_F32 or GM_TYPE_F64 */
    gm_type value_type; /* of values: GM_TYPE_F32 or GM_TYPE_F64 */
    size_t rows, features, targets;
    void *x;          /* rows x features; NaN: a missing value, which encoding replaces */
    uint32_t *labels; /* rows, each below targets */
    void *values;     /* rows x targets */
    uint32_t *groups; /* rows; NULL: the rows have no groups */
    double *weights;  /* rows; NULL: every row counts as 1. A data set takes them over */
    gm_strings classes, feature_names, remarks;
    /* Of data that is not encoded: for each feature the texts of its column, sorted; x has the place of the
     * text. Columns of numbers have none. NULL: there are only numbers. */
    gm_strings *texts;
    bool encoded; /* gm_dataset_encode has nothing left to do */
    bool *binary; /* for each feature: it is an input of 0 and 1, made by encoding; NULL: none is */
    gm_strings target_names; /* of the column of labels, or of each numeric target; empty: not known */
    size_t *target_columns;  /* their places among the features and targets of the file, from 1 */
    size_t target_places;    /* how many there are in target_columns; 0 and NULL: not known */
    size_t missing;          /* NaNs in x */
    gm_format format;
    gm_kept *kept; /* columns that are kept as texts; NULL: none */
} gm_table;

/* A number of the target, whatever its type. The table has values; row and column are within it. */
static inline double gm_table_value(const gm_table *table, size_t row, size_t column)
{
    return gm_get_number(table->values, table->value_type, row * table->targets + column);
}

void gm_table_clear(gm_table *table);
void gm_table_clear_texts(gm_table *table);

/* Stores the place of the only target. GM_LIMIT. */
gm_status gm_table_place_target(gm_table *table, size_t column, gm_error *error);

/* A zeroed array of rows x cols elements. NULL: *error is set, and the status is GM_LIMIT. */
void *gm_table_array(size_t rows, size_t cols, size_t size, const char *what, gm_error *error);

gm_status gm_table_remark(gm_table *table, gm_error *error, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Names the classes: copies of `names`, or "0", "1", ... if that is NULL. */
gm_status gm_table_name_classes(gm_table *table, const char *const *names, size_t count, gm_error *error);

/* A data set owns its table, or it is a view: an index of rows of another data set's table. */
struct gm_dataset {
    const gm_table *table; /* &own, or the table of the data set that a view was made from */
    gm_table own;
    size_t rows;
    uint32_t *index; /* of a view: row r of the data set is row index[r] of the table; else NULL */
    double *weights; /* of its own rows; NULL: every row counts as 1 */
};

/* GM_USAGE: gm_dataset_encode has not been called, and the data has texts or missing values. */
gm_status gm_dataset_check_encoded(const gm_dataset *dataset, gm_error *error);

/* Moves *table into a new data set; on failure it is cleared. */
gm_status gm_dataset_adopt(gm_dataset **dataset, gm_table *table, gm_error *error);

static inline size_t gm_table_row(const gm_dataset *dataset, size_t row)
{
    return dataset->index ? dataset->index[row] : row;
}

/* The format of the file that the data set was read from. Many options have an effect on some formats only.
 */
static inline gm_format gm_dataset_format(const gm_dataset *dataset)
{
    return dataset->table->format;
}

/* What a scaled target, or an answer to it, is in the units of the data. */
static inline double gm_unscale_target(const gm_scaling *scaling, size_t target, double value)
{
    return scaling->target_shift[target] + value / scaling->target_factor[target];
}

/* Whether stored shifts and factors can be used; `what` is "feature" or "target". GM_USAGE. */
gm_status gm_scaling_check_values(const char *what, size_t count, const double *shift, const double *factor,
                                  gm_error *error);

/* Whether a scaling (NULL is fine) can be used for this data: as many features, and as many numeric targets
 * if it scales targets and the data has any. GM_USAGE. */
gm_status gm_scaling_check(const gm_scaling *scaling, const gm_dataset *dataset, gm_error *error);

/* *twice is a name that occurs more than once among `names`, or NULL. GM_LIMIT. */
gm_status gm_names_distinct(const char *const *names, size_t count, const char **twice, gm_error *error);

/* GM_BAD_DATA: the weights of so many rows add up to 0, or to more than a double holds. */
gm_status gm_weights_check(const double *weights, size_t rows, gm_error *error);

/* What the weights of a data set are multiplied by to have a mean of 1; 1 if it has none, or they add up to
 * 0. */
double gm_weight_factor(const gm_dataset *dataset);

/* A number that differs, as good as surely, from that of other data: of all numbers as they are stored, of
 * the rows that a view has, and of the scaling (may be NULL). */
uint64_t gm_dataset_fingerprint(const gm_dataset *dataset, const gm_scaling *scaling);

/* gm_dataset_gather for those who know that everything fits. */
void gm_gather(const gm_dataset *dataset, const gm_scaling *scaling, const uint32_t *rows, size_t count,
               const gm_batch_buffer *to);

/* The two precisions of gm_gather, from gather_tmpl.c. */
void gm_gather_f32(const gm_dataset *dataset, const gm_scaling *scaling, const uint32_t *rows, size_t count,
                   const gm_batch_buffer *to);
void gm_gather_f64(const gm_dataset *dataset, const gm_scaling *scaling, const uint32_t *rows, size_t count,
                   const gm_batch_buffer *to);

#endif
