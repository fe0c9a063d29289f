/* Matches the columns of a CSV file with those of a model by position, because the model or the file has no
 * names. */
#include "data/csv_matching.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/number.h"

#include <stdio.h>

static const char *why_by_position(const gm_csv_matching *m)
{
    return gm_columns_named(m->columns) ? "the file has no header" : "the model knows no names of columns";
}

static gm_status fail_count(const gm_csv_matching *m, gm_error *error)
{
    const size_t features = m->columns->count;
    const bool unnamed = m->layout->columns == features + 1 && !m->options->target;
    return gm_fail(
        error, GM_BAD_DATA,
        "%s:%zu: %zu columns; expected %zu, the features of the model, or %zu with the target; columns "
        "are matched by position, because %s%s",
        m->path, m->first->cells[0].line, m->layout->columns, features,
        features + gm_max(m->columns->target_count, 1), why_by_position(m),
        unnamed                             ? "; say which one the target is"
        : m->layout->columns > features + 1 ? "; leave out those that are none of these"
                                            : "");
}

/* How many columns may be features or the target. */
static size_t count_places(const gm_csv_layout *layout)
{
    return layout->columns - gm_csv_sides_before(layout, layout->columns);
}

/* The column that is number `place`, from 0, among those that may be features or the target. */
static size_t column_of_place(const gm_csv_layout *layout, size_t place)
{
    size_t column = 0;
    while (gm_csv_is_side(layout, column) || place-- > 0)
        column++;
    return column;
}

/* Finds the targets where the training file had them. If one of these places is not known, there are no
 * targets. */
static void place_targets(const gm_csv_matching *m, size_t places)
{
    gm_csv_layout *layout = m->layout;
    for (size_t t = 0; t < m->columns->target_count; t++) {
        const size_t place = m->columns->targets[t].column;
        const size_t column =
            place > 0 && place <= places ? column_of_place(layout, place - 1) : layout->columns;
        if (column == layout->columns || gm_csv_is_target(layout, column)) {
            layout->target_count = 0;
            return;
        }
        layout->targets[layout->target_count++] = column;
    }
}

/* Chooses the target of a file that is matched by position: the column that the user named, else the columns
 * in which the model's training data had its targets, else the last one. */
static gm_status choose_target(gm_csv_matching *m, gm_error *error)
{
    gm_csv_layout *layout = m->layout;
    const size_t places = count_places(layout), most = gm_max(m->columns->target_count, 1);
    if (m->options->target)
        return gm_csv_target_find(layout, m->head, error);
    if (places != m->columns->count + most)
        return GM_OK;
    place_targets(m, places);
    if (layout->target_count == 0 && !m->options->ignore_target && most == 1)
        layout->targets[layout->target_count++] = column_of_place(layout, places - 1);
    return GM_OK;
}

static gm_status remark_positions(const gm_csv_matching *m, gm_error *error)
{
    char target[80] = "";
    const size_t targets = m->layout->target_count;
    if (targets > 1)
        snprintf(target, sizeof target, "; %zu columns are %s", targets,
                 m->options->ignore_target ? "taken for the targets and left out" : "the targets");
    else if (targets == 1)
        snprintf(target, sizeof target, "; column %zu is %s", m->layout->targets[0] + 1,
                 m->options->ignore_target ? "taken for the target and left out" : "the target");
    return gm_table_remark(m->table, error, "columns are matched by position, because %s%s",
                           why_by_position(m), target);
}

gm_status gm_csv_match_positions(gm_csv_matching *m, gm_error *error)
{
    gm_csv_layout *layout = m->layout;
    gm_status status = choose_target(m, error);
    if (status)
        return status;
    const size_t found = layout->target_count;
    if (count_places(layout) - found != m->columns->count)
        return fail_count(m, error);
    if (found == 0 && !m->options->ignore_target)
        return gm_csv_fail_no_target(m, error);
    status = gm_csv_sides_check(layout, m->head, error);
    if (!status)
        status = gm_csv_roles_all(layout, error);
    if (!status)
        status = remark_positions(m, error);
    if (m->options->ignore_target)
        layout->target_count = 0;
    return status;
}
