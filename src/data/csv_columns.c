/* Matches the columns of a CSV file with those of a model by name. If the file lacks columns, one error
 * message names them. Without names, csv_positions.c matches them by position. */
#include "data/csv_matching.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/suggest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A message lists the names of at most this many missing columns, and counts the others. */
#define LISTED 6

void gm_csv_layout_clear(gm_csv_layout *layout)
{
    gm_free(layout->role);
    gm_free(layout->ignored);
    gm_free(layout->kept);
    gm_free(layout->category);
    gm_free(layout->targets);
    layout->role = layout->targets = NULL;
    layout->ignored = layout->kept = layout->category = NULL;
}

static gm_status make_roles(gm_csv_layout *layout, gm_error *error)
{
    layout->role = gm_table_array(layout->columns, 1, sizeof *layout->role, "the columns", error);
    for (size_t c = 0; layout->role && c < layout->columns; c++)
        layout->role[c] = GM_CSV_UNUSED;
    return layout->role ? GM_OK : GM_LIMIT;
}

gm_status gm_csv_roles_all(gm_csv_layout *layout, gm_error *error)
{
    const gm_status status = make_roles(layout, error);
    layout->features = 0;
    for (size_t c = 0; !status && c < layout->columns; c++)
        if (!gm_csv_is_target(layout, c) && !gm_csv_is_side(layout, c))
            layout->role[c] = layout->features++;
    return status;
}

static int by_text(const void *a, const void *b)
{
    const gm_csv_heading *left = a, *right = b;
    const int order = memcmp(left->text, right->text, gm_min(left->length, right->length));
    return order ? order : (left->length > right->length) - (left->length < right->length);
}

/* The number of columns with this name. If there are any, *column is one of them. */
static size_t find_heading(const gm_csv_matching *m, const char *name, size_t *column)
{
    const gm_csv_heading key = {name, strlen(name), 0};
    const gm_csv_heading *end = m->headings + m->layout->columns;
    const gm_csv_heading *found = bsearch(&key, m->headings, m->layout->columns, sizeof key, by_text);
    size_t count = 0;
    if (!found)
        return 0;
    while (found > m->headings && by_text(found - 1, &key) == 0)
        found--;
    for (*column = found->column; found < end && by_text(found, &key) == 0; found++)
        count++;
    return count;
}

static gm_status sort_headings(gm_csv_matching *m, gm_error *error)
{
    m->headings = gm_table_array(m->layout->columns, 1, sizeof *m->headings, "the header", error);
    if (!m->headings)
        return GM_LIMIT;
    for (size_t c = 0; c < m->layout->columns; c++)
        m->headings[c] = (gm_csv_heading){m->first->cells[c].text, m->first->cells[c].length, c};
    qsort(m->headings, m->layout->columns, sizeof *m->headings, by_text);
    return GM_OK;
}

/* Whether the cell has a text that cannot stand in a row of numbers, so that it must be a name. */
static bool is_name(const gm_csv_cell *cell)
{
    double value;
    return cell->length > 0 && !gm_csv_number(cell, &value) && !gm_csv_missing(cell) &&
           !gm_csv_infinite(cell);
}

/* Whether the first row is a header for this model: it contains a name of the model that cannot be data, or
 * the names of all features. (A name such as "1" could be data.) */
static bool has_known_names(const gm_csv_matching *m)
{
    size_t found = 0, column;
    for (size_t f = 0; gm_columns_named(m->columns) && f < m->columns->count; f++) {
        if (find_heading(m, m->columns->items[f].name, &column) == 0)
            continue;
        if (is_name(&m->first->cells[column]))
            return true;
        found++;
    }
    return gm_columns_named(m->columns) && found == m->columns->count;
}

/* The column in which text is allowed if the file has no header: the one in which the target is expected. */
static size_t label_column(const gm_csv_matching *m)
{
    const size_t place = m->columns->target_count == 1 ? m->columns->targets[0].column : 0;
    const size_t columns = m->layout->columns;
    return place > 0 && columns == m->columns->count + 1 ? place - 1 : columns - 1;
}

static void find_header(const gm_csv_matching *m, const gm_csv_diagnosis *diagnosis)
{
    gm_csv_layout *layout = m->layout;
    layout->header = m->options->header > 0;
    if (m->options->header >= 0)
        return;
    if (has_known_names(m)) {
        layout->header = true;
        layout->why = "the first row holds names that the model knows";
    } else {
        layout->header = gm_csv_detect_header(diagnosis, m->first, label_column(m), false, &layout->why);
    }
}

/* Adds "'a' (did you mean 'b'?)" to the list of missing columns. */
static void add_missing(const gm_csv_matching *m, const gm_strings *header, const char *name, size_t number,
                        char *list, size_t size)
{
    const size_t length = strlen(list);
    char shown[GM_CSV_SHOWN], other[GM_CSV_SHOWN];
    if (number > LISTED)
        return;
    const char *near = gm_suggest(name, (const char *const *)header->items, header->count);
    size_t ignored;
    if (near && find_heading(m, near, &ignored) != 1)
        near = NULL;
    snprintf(list + length, size - length, "%s'%s'%s%s%s", length > 0 ? ", " : "",
             gm_csv_show_text(name, shown), near ? " (did you mean '" : "",
             near ? gm_csv_show_text(near, other) : "", near ? "'?)" : "");
}

/* Collects the headings that the model does not know. A missing name may be misspelt among them. */
static gm_status collect_unknown(const gm_csv_matching *m, gm_strings *unknown, gm_error *error)
{
    for (size_t c = 0; c < m->layout->columns; c++) {
        const gm_csv_cell *cell = &m->first->cells[c];
        const bool unknown_here = m->layout->role[c] == GM_CSV_UNUSED && !gm_csv_is_target(m->layout, c) &&
                                  !gm_csv_is_side(m->layout, c);
        if (unknown_here && !gm_strings_add(unknown, cell->text, cell->length))
            return gm_fail_memory(error, "the header", cell->length);
    }
    return GM_OK;
}

/* The name of feature f, or of a target if f is not below the number of features. */
static const char *needed_name(const gm_csv_matching *m, size_t f)
{
    return f < m->columns->count ? m->columns->items[f].name
                                 : m->columns->targets[f - m->columns->count].name;
}

static gm_status fail_missing(const gm_csv_matching *m, size_t needed, size_t missing, gm_error *error)
{
    char list[800] = "", rest[40] = "";
    gm_strings unknown = {0};
    gm_status status = collect_unknown(m, &unknown, error);
    size_t column, number = 0;
    for (size_t f = 0; !status && f < needed; f++)
        if (find_heading(m, needed_name(m, f), &column) == 0)
            add_missing(m, &unknown, needed_name(m, f), ++number, list, sizeof list);
    gm_strings_clear(&unknown);
    if (status)
        return status;
    if (missing > LISTED)
        snprintf(rest, sizeof rest, " and %zu more", missing - LISTED);
    return gm_fail(error, GM_BAD_DATA, "%s:%zu: the model needs %zu column%s that %s not there: %s%s",
                   m->path, m->first->cells[0].line, missing, gm_plural(missing), missing == 1 ? "is" : "are",
                   list, rest);
}

/* Finds the column of each needed name. `needed` is the number of features, plus that of the targets if they
 * are found by the names that the model has for them. */
static gm_status assign_names(gm_csv_matching *m, size_t needed, gm_error *error)
{
    size_t missing = 0, column = 0;
    for (size_t f = 0; f < needed; f++) {
        char shown[GM_CSV_SHOWN];
        const char *name = needed_name(m, f);
        const size_t found = find_heading(m, name, &column);
        if (found > 1)
            return gm_fail(error, GM_BAD_DATA, "%s:%zu: %zu columns are named '%s'; the model needs one",
                           m->path, m->first->cells[0].line, found, gm_csv_show_text(name, shown));
        if (found == 0)
            missing++;
        else if (f < m->columns->count)
            m->layout->role[column] = f;
        else
            m->layout->targets[m->layout->target_count++] = column;
    }
    return missing > 0 ? fail_missing(m, needed, missing, error) : GM_OK;
}

/* GM_BAD_DATA: a target that the user named is a feature of the model. */
static gm_status check_targets(const gm_csv_matching *m, gm_error *error)
{
    char shown[GM_CSV_SHOWN];
    for (size_t t = 0; t < m->layout->target_count; t++) {
        const size_t column = m->layout->targets[t];
        if (m->layout->role[column] != GM_CSV_UNUSED)
            return gm_fail(error, GM_BAD_DATA,
                           "%s:%zu: column '%s' is a feature of the model; it cannot be the target", m->path,
                           m->first->cells[0].line, gm_csv_show(&m->first->cells[column], shown));
    }
    return GM_OK;
}

/* Uses the target that the user named in place of the model's own target. */
static gm_status override_target(gm_csv_matching *m, gm_error *error)
{
    gm_status status = gm_csv_target_find(m->layout, m->head, error);
    if (status || m->layout->target_count == 0)
        return status;
    status = check_targets(m, error);
    const gm_csv_cell *found = &m->first->cells[m->layout->targets[0]];
    const char *own = gm_columns_target(m->columns, 0);
    char shown[GM_CSV_SHOWN], other[GM_CSV_SHOWN];
    if (status || (own && gm_csv_equals(found, own)) || m->layout->target_count > 1)
        return status;
    return gm_table_remark(m->table, error, "the target is '%s'; the model was trained on %s%s%s",
                           gm_csv_show(found, shown), own ? "'" : "another target",
                           own ? gm_csv_show_text(own, other) : "", own ? "'" : "");
}

gm_status gm_csv_fail_no_target(const gm_csv_matching *m, gm_error *error)
{
    const char *target = gm_columns_target(m->columns, 0);
    char shown[GM_CSV_SHOWN];
    if (m->columns->target_count > 1)
        return gm_fail(error, GM_BAD_DATA,
                       "%s: %zu columns; expected %zu features and the %zu targets of the model", m->path,
                       m->layout->columns, m->columns->count, m->columns->target_count);
    return gm_fail(error, GM_BAD_DATA,
                   "%s: %zu columns and no target among them; expected %zu features and the target%s%s%s",
                   m->path, m->layout->columns, m->columns->count, target ? " '" : "",
                   target ? gm_csv_show_text(target, shown) : "", target ? "'" : "");
}

static gm_status remark_names(const gm_csv_matching *m, gm_error *error)
{
    const gm_csv_layout *layout = m->layout;
    const size_t others = layout->columns - layout->features - layout->target_count -
                          gm_csv_sides_before(layout, layout->columns);
    const bool useless = m->options->ignore_target && m->options->target;
    char ignored[80] = "";
    if (others > 0)
        snprintf(ignored, sizeof ignored, "; %zu other%s not used", others, others == 1 ? " is" : "s are");
    return gm_table_remark(m->table, error, "columns are matched by name: %zu feature%s%s%s%s",
                           layout->features, gm_plural(layout->features),
                           layout->target_count == 0   ? ""
                           : layout->target_count == 1 ? " and the target"
                                                       : " and the targets",
                           ignored, useless ? "; naming the target has no effect" : "");
}

/* A column of groups or weights is no feature of the model. */
static gm_status check_side(const gm_csv_matching *m, size_t column, const char *what, gm_error *error)
{
    char shown[GM_CSV_SHOWN];
    if (column == m->layout->columns || m->layout->role[column] == GM_CSV_UNUSED)
        return GM_OK;
    return gm_fail(error, GM_BAD_DATA, "%s:%zu: column '%s' is a feature of the model; it cannot %s, too",
                   m->path, m->first->cells[0].line, gm_csv_show(&m->first->cells[column], shown), what);
}

static gm_status check_sides(const gm_csv_matching *m, gm_error *error)
{
    gm_status status = check_side(m, m->layout->group, "name groups", error);
    if (!status)
        status = check_side(m, m->layout->weight, "hold weights", error);
    for (size_t c = 0; m->layout->ignored && c < m->layout->columns && !status; c++)
        if (m->layout->ignored[c])
            status = check_side(m, c, "be ignored", error);
    return status ? status : gm_csv_sides_check(m->layout, m->head, error);
}

static gm_status match_names(gm_csv_matching *m, gm_error *error)
{
    gm_csv_layout *layout = m->layout;
    const bool wanted = !m->options->ignore_target, own = wanted && !m->options->target;
    const bool named = own && gm_columns_target(m->columns, 0);
    layout->features = m->columns->count;
    gm_status status = make_roles(layout, error);
    if (!status)
        status = assign_names(m, layout->features + (named ? m->columns->target_count : 0), error);
    if (!status && wanted && m->options->target)
        status = override_target(m, error);
    if (!status && wanted && layout->target_count == 0)
        status = gm_csv_fail_no_target(m, error);
    if (!status)
        status = check_sides(m, error);
    return status ? status : remark_names(m, error);
}

gm_status gm_csv_layout_match(gm_csv_layout *layout, const gm_csv_head *head, gm_table *table,
                              gm_error *error)
{
    gm_csv_matching m = {.layout = layout,
                         .path = head->lexer->path,
                         .first = head->first,
                         .head = head,
                         .options = head->options,
                         .columns = head->options->columns,
                         .table = table};
    gm_status status = gm_csv_layout_measure(layout, head->diagnosis, head->first, error);
    if (!status)
        status = sort_headings(&m, error);
    if (!status) {
        find_header(&m, head->diagnosis);
        status = gm_csv_sides_find(layout, head, error);
    }
    if (!status)
        status = layout->header && gm_columns_named(m.columns) ? match_names(&m, error)
                                                               : gm_csv_match_positions(&m, error);
    if (!status)
        status = gm_csv_remark_sides(table, layout, error);
    gm_free(m.headings);
    return status;
}
