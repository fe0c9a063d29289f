/* Scaling of features: x' = (x - shift) * factor. target_scaling.c scales targets.
 *
 * The standard deviation is that of the population (divided by n, not by n - 1), as in StandardScaler of
 * scikit-learn. */
#include "data/dataset.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/names.h"

#include <float.h>
#include <math.h>

static const char *const kind_names[] = {
    [GM_SCALING_AUTO] = "auto",
    [GM_SCALING_NONE] = "none",
    [GM_SCALING_UNIT] = "unit",
    [GM_SCALING_STANDARD] = "standard",
};

const char *gm_scaling_name(gm_scaling_kind kind)
{
    return GM_WORD_AT(kind_names, kind);
}

bool gm_scaling_from_name(const char *name, gm_scaling_kind *kind)
{
    const size_t index = GM_FIND_WORD(kind_names, name);
    if (index < GM_ROWS(kind_names))
        *kind = (gm_scaling_kind)index;
    return index < GM_ROWS(kind_names);
}

void gm_scaling_destroy(gm_scaling *scaling)
{
    if (!scaling)
        return;
    gm_free(scaling->shift);
    gm_free(scaling->factor);
    gm_free(scaling->shift_f32);
    gm_free(scaling->factor_f32);
    gm_free(scaling->target_shift);
    gm_free(scaling->target_factor);
    gm_free(scaling);
}

static void set(gm_scaling *scaling, size_t f, double shift, double factor)
{
    scaling->shift[f] = shift;
    scaling->factor[f] = factor;
    scaling->shift_f32[f] = (float)shift;
    scaling->factor_f32[f] = (float)factor;
}

/* A scaling that changes nothing: shift 0, factor 1. */
static gm_scaling *make_identity(gm_scaling_kind kind, size_t features, gm_error *error)
{
    gm_scaling *scaling = gm_table_array(1, 1, sizeof *scaling, "the scaling", error);
    if (!scaling)
        return NULL;
    scaling->kind = kind;
    scaling->features = features;
    scaling->shift = gm_table_array(features, 1, sizeof *scaling->shift, "the scaling", error);
    scaling->factor = gm_table_array(features, 1, sizeof *scaling->factor, "the scaling", error);
    scaling->shift_f32 = gm_table_array(features, 1, sizeof *scaling->shift_f32, "the scaling", error);
    scaling->factor_f32 = gm_table_array(features, 1, sizeof *scaling->factor_f32, "the scaling", error);
    if (!scaling->shift || !scaling->factor || !scaling->shift_f32 || !scaling->factor_f32) {
        gm_scaling_destroy(scaling);
        return NULL;
    }
    for (size_t f = 0; f < features; f++)
        set(scaling, f, 0, 1);
    return scaling;
}

gm_status gm_scaling_check_values(const char *what, size_t count, const double *shift, const double *factor,
                                  gm_error *error)
{
    for (size_t i = 0; i < count; i++) {
        if (!isfinite(shift[i]) || !isfinite(factor[i]))
            return gm_fail(error, GM_USAGE, "scaling: shift or factor of %s %zu is not a finite number", what,
                           i);
        if (factor[i] == 0)
            return gm_fail(error, GM_USAGE, "scaling: the factor of %s %zu is 0, which would hide the %s",
                           what, i, what);
    }
    return GM_OK;
}

gm_status gm_scaling_create(gm_scaling **scaling, gm_scaling_kind kind, size_t features, const double *shift,
                            const double *factor, gm_error *error)
{
    *scaling = NULL;
    if (kind == GM_SCALING_AUTO || (size_t)kind >= GM_ROWS(kind_names) || features == 0)
        return gm_fail(error, GM_USAGE,
                       "scaling: a stored scaling has a definite kind and at least one feature");
    if (gm_scaling_check_values("feature", features, shift, factor, error) != GM_OK)
        return GM_USAGE;
    gm_scaling *made = make_identity(kind, features, error);
    if (!made)
        return GM_LIMIT;
    for (size_t f = 0; f < features; f++)
        set(made, f, shift[f], factor[f]);
    *scaling = made;
    return GM_OK;
}

/* Sums over the rows, in double precision. Each array has one number for each feature. */
typedef struct column_sums {
    double *block; /* BLOCK_ROWS x features: rows as double */
    double *mean, *square;
    double *lowest, *highest;
} column_sums;

#define BLOCK_ROWS 32

static void free_sums(column_sums *sums)
{
    gm_free(sums->block);
    gm_free(sums->mean);
    gm_free(sums->square);
    gm_free(sums->lowest);
    gm_free(sums->highest);
}

static gm_status make_sums(column_sums *sums, size_t features, gm_error *error)
{
    double **const arrays[] = {&sums->mean, &sums->square, &sums->lowest, &sums->highest};
    sums->block = gm_table_array(BLOCK_ROWS, features, sizeof *sums->block, "the scaling", error);
    bool made = sums->block != NULL;
    for (size_t i = 0; made && i < sizeof arrays / sizeof *arrays; i++) {
        *arrays[i] = gm_table_array(features, 1, sizeof **arrays[i], "the scaling", error);
        made = *arrays[i] != NULL;
    }
    for (size_t f = 0; made && f < features; f++) {
        sums->lowest[f] = INFINITY;
        sums->highest[f] = -INFINITY;
    }
    return made ? GM_OK : GM_LIMIT;
}

/* Adds one row to the sums. The first pass over the data uses add_values (sum and range); the second, when
 * the mean is known, uses add_squares (squared distances from the mean). */
typedef void add_row(column_sums *sums, const double *x, size_t features);

static void add_values(column_sums *sums, const double *x, size_t features)
{
    for (size_t f = 0; f < features; f++) {
        sums->mean[f] += x[f];
        sums->lowest[f] = x[f] < sums->lowest[f] ? x[f] : sums->lowest[f];
        sums->highest[f] = x[f] > sums->highest[f] ? x[f] : sums->highest[f];
    }
}

static void add_squares(column_sums *sums, const double *x, size_t features)
{
    for (size_t f = 0; f < features; f++)
        sums->square[f] += (x[f] - sums->mean[f]) * (x[f] - sums->mean[f]);
}

static void for_each_row(const gm_dataset *dataset, column_sums *sums, add_row *add)
{
    const size_t features = gm_dataset_features(dataset);
    for (size_t first = 0; first < dataset->rows; first += BLOCK_ROWS) {
        const size_t count = gm_min(BLOCK_ROWS, dataset->rows - first);
        uint32_t rows[BLOCK_ROWS];
        for (size_t i = 0; i < count; i++)
            rows[i] = (uint32_t)(first + i);
        gm_gather(dataset, NULL, rows, count,
                  &(gm_batch_buffer){.x = gm_mutable_f64(sums->block, count, features)});
        for (size_t i = 0; i < count; i++)
            add(sums, sums->block + i * features, features);
    }
}

/* Sets shift and factor from the sums. A constant column is recognised by its range, because rounding of the
 * mean can make its variance a little larger than 0. `most` is the largest factor in the precision of the
 * data. */
static gm_status set_standard(gm_scaling *scaling, const column_sums *sums, const gm_dataset *dataset,
                              double most, gm_error *error)
{
    const bool *binary = dataset->table->binary;
    for (size_t f = 0; f < scaling->features; f++) {
        if (binary && binary[f])
            continue;
        const double inverse = 1 / sqrt(sums->square[f] / (double)dataset->rows);
        const bool constant = sums->lowest[f] >= sums->highest[f] || inverse > most;
        const bool vanishes =
            !constant && most < DBL_MAX && inverse < (double)FLT_MIN; /* a denormal factor */
        if (!isfinite(sums->mean[f]) || !isfinite(sums->square[f]) || vanishes)
            return gm_fail(error, GM_BAD_DATA,
                           "the numbers of feature %zu, up to %g, are too large for a standard deviation; "
                           "divide them, or leave the features unscaled",
                           f + 1, fmax(fabs(sums->lowest[f]), fabs(sums->highest[f])));
        set(scaling, f, sums->mean[f], constant ? 1 : inverse);
        scaling->constant_features += constant;
    }
    return GM_OK;
}

static gm_status fit_standard(gm_scaling *scaling, const gm_dataset *dataset, gm_error *error)
{
    column_sums sums = {0};
    const double most = gm_dataset_type(dataset) == GM_TYPE_F64 ? DBL_MAX : (double)FLT_MAX;
    gm_status status = make_sums(&sums, scaling->features, error);
    if (!status) {
        for_each_row(dataset, &sums, add_values);
        for (size_t f = 0; f < scaling->features; f++)
            sums.mean[f] /= (double)dataset->rows;
        for_each_row(dataset, &sums, add_squares);
        status = set_standard(scaling, &sums, dataset, most, error);
    }
    free_sums(&sums);
    return status;
}

gm_status gm_scaling_fit(gm_scaling **scaling, gm_scaling_kind kind, const gm_dataset *dataset,
                         gm_error *error)
{
    *scaling = NULL;
    if ((size_t)kind >= GM_ROWS(kind_names))
        return gm_fail(error, GM_USAGE, "scaling: unknown kind %d", (int)kind);
    if (dataset->rows == 0)
        return gm_fail(error, GM_USAGE, "scaling: a data set without rows");
    if (gm_dataset_check_encoded(dataset, error) != GM_OK)
        return GM_USAGE;
    if (kind == GM_SCALING_AUTO)
        kind = gm_dataset_type(dataset) == GM_TYPE_U8 ? GM_SCALING_UNIT : GM_SCALING_STANDARD;
    gm_scaling *made = make_identity(kind, gm_dataset_features(dataset), error);
    if (!made)
        return GM_LIMIT;
    if (kind == GM_SCALING_UNIT) {
        for (size_t f = 0; f < made->features; f++)
            set(made, f, 0, 1.0 / 255);
    } else if (kind == GM_SCALING_STANDARD) {
        const gm_status status = fit_standard(made, dataset, error);
        if (status) {
            gm_scaling_destroy(made);
            return status;
        }
    }
    *scaling = made;
    return GM_OK;
}
