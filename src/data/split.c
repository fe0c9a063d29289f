/* Divides a data set into a training part and a validation part: at random, stratified by class; at random by
 * whole groups; or at a place, so that the last rows are for validation. */
#include "data/dataset.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/options.h"
#include "base/random.h"

#include <math.h>
#include <stdlib.h>

/* The number of rows for validation, of `rows` rows: the fraction `share`, rounded. At least one row stays
 * for training. */
static size_t quota(size_t rows, double share)
{
    return rows == 0 ? 0 : gm_min((size_t)((double)rows * share + 0.5), rows - 1);
}

static gm_dataset *make_view(const gm_dataset *all, size_t rows, gm_error *error)
{
    gm_dataset *view = gm_table_array(1, 1, sizeof *view, "a view of the data", error);
    if (!view)
        return NULL;
    view->table = all->table;
    view->index = gm_table_array(rows, 1, sizeof *view->index, "the row numbers of a view", error);
    if (all->weights)
        view->weights = gm_table_array(rows, 1, sizeof *view->weights, "the weights of a view", error);
    if (!view->index || (all->weights && !view->weights)) {
        gm_dataset_destroy(view);
        return NULL;
    }
    return view;
}

/* A split as it is made. */
typedef struct split {
    const gm_dataset *all;
    const gm_split_options *options;
    uint32_t *order; /* in which rows are dealt */
    bool *held_out;  /* for each row: it is for validation */
    size_t count;    /* rows that are held out */
} split;

/* The group of a row: the caller's, or that of the data set. */
static uint32_t group_of(const split *s, size_t row)
{
    return s->options->groups ? s->options->groups[row] : gm_dataset_group(s->all, row);
}

static void hold_out(split *s, size_t row)
{
    s->held_out[row] = true;
    s->count++;
}

/* The stratum of a row: its class. Without labels all rows are in one stratum. */
static size_t stratum(const gm_dataset *all, size_t row)
{
    return gm_dataset_has_labels(all) ? gm_dataset_label(all, row) : 0;
}

/* Goes through all rows in random order. The first rows of each class, as many as its quota, are for
 * validation. */
static gm_status draw_rows(split *s, gm_error *error)
{
    const gm_dataset *all = s->all;
    const size_t strata = gm_dataset_has_labels(all) ? all->table->targets : 1;
    size_t *quotas = gm_table_array(strata, 1, sizeof *quotas, "the split", error);
    if (!quotas)
        return GM_LIMIT;
    for (size_t r = 0; r < all->rows; r++)
        quotas[stratum(all, r)]++;
    for (size_t i = 0; i < strata; i++)
        quotas[i] = quota(quotas[i], s->options->share);
    for (size_t i = 0; i < all->rows; i++) {
        size_t *left = &quotas[stratum(all, s->order[i])];
        if (*left > 0) {
            --*left;
            hold_out(s, s->order[i]);
        }
    }
    gm_free(quotas);
    return GM_OK;
}

static gm_status take_last(split *s, gm_error *error)
{
    (void)error;
    for (size_t r = s->all->rows - quota(s->all->rows, s->options->share); r < s->all->rows; r++)
        hold_out(s, r);
    return GM_OK;
}

/* A group, by its number, with its rows. */
typedef struct group {
    uint32_t number;
    bool held_out;
    size_t rows;
} group;

static int compare_groups(const void *a, const void *b)
{
    const uint32_t x = ((const group *)a)->number, y = ((const group *)b)->number;
    return (x > y) - (x < y);
}

/* Makes a sorted list of the groups out of one entry for each row. Returns how many there are. */
static size_t unite(group *groups, size_t rows)
{
    size_t count = 0;
    qsort(groups, rows, sizeof *groups, compare_groups);
    for (size_t i = 0; i < rows; i++) {
        if (count > 0 && groups[count - 1].number == groups[i].number)
            groups[count - 1].rows++;
        else
            groups[count++] = groups[i];
    }
    return count;
}

/* Chooses groups in the order of `order` for as long as each brings the number of held-out rows closer to the
 * quota; the smallest of the first ones if none does. One group stays for training. */
static void choose_groups(group *groups, const uint32_t *order, size_t count, size_t wanted)
{
    size_t sum = 0, chosen = 0, smallest = order[0];
    for (size_t i = 0; i < count; i++) {
        group *g = &groups[order[i]];
        smallest = g->rows < groups[smallest].rows ? order[i] : smallest;
        const double before = fabs((double)wanted - (double)sum);
        if (chosen + 1 < count && fabs((double)wanted - (double)(sum + g->rows)) < before) {
            g->held_out = true;
            sum += g->rows;
            chosen++;
        }
    }
    if (chosen == 0 && wanted > 0)
        groups[smallest].held_out = true;
}

static gm_status hold_out_groups(split *s, group *groups, uint32_t *order, gm_error *error)
{
    const size_t rows = s->all->rows, wanted = quota(rows, s->options->share);
    for (size_t r = 0; r < rows; r++)
        groups[r] = (group){.number = group_of(s, r), .rows = 1};
    const size_t count = unite(groups, rows);
    if (count < 2 && wanted > 0)
        return gm_fail(
            error, GM_BAD_DATA,
            "split: all rows are of one group, and a group is never divided; expected at least 2 groups");
    gm_random random = gm_random_seed(s->options->seed, GM_STREAM_SPLIT);
    gm_random_order(&random, 0, order, count);
    if (count > 0)
        choose_groups(groups, order, count, wanted);
    for (size_t r = 0; r < rows; r++) {
        const group key = {.number = group_of(s, r)};
        const group *of_row = bsearch(&key, groups, count, sizeof *groups, compare_groups);
        if (of_row->held_out)
            hold_out(s, r);
    }
    return GM_OK;
}

static gm_status draw_groups(split *s, gm_error *error)
{
    group *groups = gm_table_array(s->all->rows, 1, sizeof *groups, "the groups of a split", error);
    uint32_t *order = gm_table_array(s->all->rows, 1, sizeof *order, "the groups of a split", error);
    const gm_status status = groups && order ? hold_out_groups(s, groups, order, error) : GM_LIMIT;
    gm_free(groups);
    gm_free(order);
    return status;
}

/* Adds a row of `all` to a view, which has room for it. */
static void add_row(gm_dataset *view, const gm_dataset *all, size_t row)
{
    view->index[view->rows] = (uint32_t)gm_table_row(all, row);
    if (view->weights)
        view->weights[view->rows] = all->weights[row];
    view->rows++;
}

/* Makes the two views, with their rows in the order of `order`. */
static gm_status deal(const split *s, gm_dataset **train, gm_dataset **valid, gm_error *error)
{
    *train = make_view(s->all, s->all->rows - s->count, error);
    *valid = *train ? make_view(s->all, s->count, error) : NULL;
    if (!*valid) {
        gm_dataset_destroy(*train);
        *train = NULL;
        return GM_LIMIT;
    }
    for (size_t i = 0; i < s->all->rows; i++)
        add_row(s->held_out[s->order[i]] ? *valid : *train, s->all, s->order[i]);
    return GM_OK;
}

static void fill_order(const split *s)
{
    gm_random random = gm_random_seed(s->options->seed, GM_STREAM_SPLIT);
    if (!s->options->last)
        gm_random_order(&random, 0, s->order, s->all->rows);
    else
        for (size_t i = 0; i < s->all->rows; i++)
            s->order[i] = (uint32_t)i;
}

void gm_split_options_fill(gm_split_options *options, size_t size)
{
    const gm_split_options defaults = {.share = 0.1, .seed = 1};
    gm_options_fill(options, size, &defaults, sizeof defaults);
}

static gm_status check_options(const gm_split_options *options, bool groups, gm_error *error)
{
    if (!(options->share >= 0 && options->share < 1))
        return gm_fail(error, GM_USAGE, "split: the validation share must be at least 0 and less than 1");
    if (options->last && groups)
        return gm_fail(error, GM_USAGE, "split: either the last rows or whole groups; got both");
    return GM_OK;
}

gm_status gm_dataset_split_by(const gm_dataset *all, const gm_split_options *options, gm_dataset **train,
                              gm_dataset **valid, gm_error *error)
{
    gm_split_options own = gm_split_options_default();
    *train = *valid = NULL;
    gm_status status = gm_options_read(&own, sizeof own, options, "gm_split_options", error);
    const bool groups = own.groups || gm_dataset_has_groups(all);
    if (status == GM_OK)
        status = check_options(&own, groups, error);
    if (status != GM_OK)
        return status;
    split s = {
        .all = all,
        .options = &own,
        .order = gm_table_array(all->rows, 1, sizeof *s.order, "the split", error),
        .held_out = gm_table_array(all->rows, 1, sizeof *s.held_out, "the split", error),
    };
    status = s.order && s.held_out ? GM_OK : GM_LIMIT;
    if (status == GM_OK) {
        fill_order(&s);
        status = own.last ? take_last(&s, error) : groups ? draw_groups(&s, error) : draw_rows(&s, error);
    }
    if (status == GM_OK)
        status = deal(&s, train, valid, error);
    gm_free(s.order);
    gm_free(s.held_out);
    return status;
}

gm_status gm_dataset_split(const gm_dataset *all, double share, uint64_t seed, gm_dataset **train,
                           gm_dataset **valid, gm_error *error)
{
    gm_split_options options = gm_split_options_default();
    options.share = share;
    options.seed = seed;
    return gm_dataset_split_by(all, &options, train, valid, error);
}
