/* Learns from training rows what replaces a missing value of each column, and which texts of a column become
 * categories. */
#include "data/columns.h"
#include "data/csv.h"
#include "data/dataset.h"

#include "base/error.h"
#include "base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What one pass over the rows tells of each column. */
typedef struct sums {
    double *row;     /* the present row */
    double *sum;     /* of the values that are not missing */
    size_t *present; /* how many these are */
} sums;

static gm_status make_sums(sums *s, size_t count, gm_error *error)
{
    s->row = gm_table_array(count, 1, sizeof *s->row, "the means of the columns", error);
    s->sum = gm_table_array(count, 1, sizeof *s->sum, "the means of the columns", error);
    s->present = gm_table_array(count, 1, sizeof *s->present, "the means of the columns", error);
    return s->row && s->sum && s->present ? GM_OK : GM_LIMIT;
}

static void free_sums(sums *s)
{
    gm_free(s->row);
    gm_free(s->sum);
    gm_free(s->present);
}

static void add_rows(const gm_dataset *train, sums *s)
{
    const size_t count = gm_dataset_features(train);
    for (size_t r = 0; r < train->rows; r++) {
        const uint32_t number = (uint32_t)r;
        gm_gather(train, NULL, &number, 1, &(gm_batch_buffer){.x = gm_mutable_f64(s->row, 1, count)});
        for (size_t c = 0; c < count; c++) {
            if (!isnan(s->row[c])) {
                s->sum[c] += s->row[c];
                s->present[c]++;
            }
        }
    }
}

static gm_status fail_column(const gm_table *table, size_t c, const char *what, gm_error *error)
{
    const char *name = gm_strings_get(&table->feature_names, c);
    char shown[GM_CSV_SHOWN];
    return gm_fail(error, GM_BAD_DATA, "feature %zu%s%s%s %s", c + 1, name ? " ('" : "",
                   name ? gm_csv_show_text(name, shown) : "", name ? "')" : "", what);
}

/* ---- numbers ---- */

static int by_value(const void *a, const void *b)
{
    const double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

/* The number of a column in a row as it was read; for a column of texts, the place of the text. */
static double number_at(const gm_dataset *train, size_t row, size_t c)
{
    const gm_table *table = train->table;
    return gm_get_number(table->x, table->type, gm_table_row(train, row) * table->features + c);
}

/* The `present` values of a column that are not missing, sorted. NULL: no memory. */
static double *sorted_values(const gm_dataset *train, size_t c, size_t present, gm_error *error)
{
    double *values = gm_table_array(present, 1, sizeof *values, "the values of a column", error);
    size_t count = 0;
    for (size_t r = 0; values && r < train->rows; r++) {
        const double value = number_at(train, r, c);
        if (!isnan(value))
            values[count++] = value;
    }
    if (values)
        qsort(values, count, sizeof *values, by_value);
    return values;
}

static double median_of(const double *sorted, size_t count)
{
    const double upper = sorted[count / 2];
    return count % 2 ? upper : sorted[count / 2 - 1] / 2 + upper / 2;
}

static double most_frequent_of(const double *sorted, size_t count)
{
    double best = sorted[0];
    size_t run = 0, longest = 0;
    for (size_t i = 0; i < count; i++) {
        run = i > 0 && sorted[i] == sorted[i - 1] ? run + 1 : 1;
        if (run > longest) {
            longest = run;
            best = sorted[i];
        }
    }
    return best;
}

static gm_status learn_number(gm_data_column *column, const gm_dataset *train, size_t c, const sums *s,
                              const gm_columns_options *options, gm_error *error)
{
    const size_t present = s->present[c];
    column->replacement = s->sum[c] / (double)present;
    if (!isfinite(column->replacement))
        return fail_column(train->table, c, "holds numbers whose sum overflows; divide them", error);
    if (options->missing == GM_MISSING_MEAN)
        return GM_OK;
    double *values = sorted_values(train, c, present, error);
    if (!values)
        return GM_LIMIT;
    column->replacement = options->missing == GM_MISSING_MEDIAN ? median_of(values, present)
                                                                : most_frequent_of(values, present);
    gm_free(values);
    return GM_OK;
}

/* ---- categories ---- */

/* A text of a column, and the number of rows that have it. */
typedef struct counted {
    size_t text, rows;
} counted;

static int by_rows(const void *a, const void *b)
{
    const counted *left = a, *right = b;
    const int order = (left->rows < right->rows) - (left->rows > right->rows);
    return order ? order : (left->text > right->text) - (left->text < right->text);
}

static int by_text(const void *a, const void *b)
{
    const counted *left = a, *right = b;
    return (left->text > right->text) - (left->text < right->text);
}

static counted *count_texts(const gm_dataset *train, size_t c, gm_error *error)
{
    const size_t texts = train->table->texts[c].count;
    counted *all = gm_table_array(texts, 1, sizeof *all, "the categories", error);
    for (size_t t = 0; all && t < texts; t++)
        all[t].text = t;
    for (size_t r = 0; all && r < train->rows; r++) {
        const double place = number_at(train, r, c);
        if (!isnan(place))
            all[(size_t)place].rows++;
    }
    return all;
}

/* Takes the `count` texts as the column's categories, in the order of the texts. */
static gm_status take_categories(gm_data_column *column, const gm_strings *texts, counted *chosen,
                                 size_t count, gm_error *error)
{
    const size_t usual = chosen[0].text;
    qsort(chosen, count, sizeof *chosen, by_text);
    column->categories =
        gm_table_array(count, 1, sizeof *column->categories, "the categories of a column", error);
    if (!column->categories)
        return GM_LIMIT;
    for (size_t i = 0; i < count; i++) {
        column->categories[i] = gm_strdup(texts->items[chosen[i].text]);
        if (!column->categories[i])
            return gm_fail_memory(error, "the categories of a column", count);
        column->category_count++;
        if (chosen[i].text == usual)
            column->replacement = (double)i;
    }
    return GM_OK;
}

static gm_status learn_categories(gm_data_column *column, const gm_dataset *train, size_t c, size_t most,
                                  gm_error *error)
{
    const gm_strings *texts = &train->table->texts[c];
    counted *all = count_texts(train, c, error);
    if (!all)
        return GM_LIMIT;
    qsort(all, texts->count, sizeof *all, by_rows);
    size_t met = 0;
    while (met < texts->count && all[met].rows > 0)
        met++;
    column->rest = met > most;
    const gm_status status = take_categories(column, texts, all, gm_min(met, most), error);
    gm_free(all);
    return status;
}

static gm_status learn_column(gm_columns *columns, const gm_dataset *train, const sums *s, size_t c,
                              const gm_columns_options *options, gm_error *error)
{
    const gm_table *table = train->table;
    gm_data_column *column = &columns->items[c];
    if (s->present[c] == 0)
        return fail_column(table, c, "has no value in any row of the training part; leave it out", error);
    column->indicator = options->indicators && s->present[c] < train->rows;
    if (table->texts && table->texts[c].count > 0)
        return learn_categories(column, train, c, options->categories, error);
    return learn_number(column, train, c, s, options, error);
}

gm_status gm_columns_learn(gm_columns *columns, const gm_dataset *train, const gm_columns_options *options,
                           gm_error *error)
{
    sums s = {0};
    gm_status status = make_sums(&s, columns->count, error);
    if (!status)
        add_rows(train, &s);
    for (size_t c = 0; c < columns->count && !status; c++)
        status = learn_column(columns, train, &s, c, options, error);
    free_sums(&s);
    return status;
}
