/* Remarks that tell the user how a CSV file was understood (header, target, columns left out), so that a
 * wrong guess is seen. */
#include "data/csv_diagnosis.h"
#include "data/dataset.h"

#include "base/append.h"
#include "base/number.h"

#include <string.h>

/* Writes the reasons: " (the first row holds ...)", "; it was chosen by its name: ...". */
static void give_reasons(const gm_csv_layout *layout, const gm_csv_row *first, char *text, size_t size)
{
    char shown[GM_CSV_SHOWN];
    size_t used = 0;
    text[0] = '\0';
    if (*layout->why)
        used = gm_append(text, size, used, " (%s)", layout->why);
    if (layout->by_name)
        gm_append(text, size, used, "; it was chosen by its name: --target -1 takes the last column, '%s'",
                  gm_csv_show(&first->cells[layout->columns - 1], shown));
}

static gm_status remark_trailing(gm_table *table, const gm_csv_layout *layout, gm_error *error)
{
    if (layout->trailing == 0)
        return GM_OK;
    if (layout->trailing == 1)
        return gm_table_remark(table, error, "column %zu is left out: it has no %s", layout->columns + 1,
                               layout->header ? "name and no values" : "values");
    return gm_table_remark(table, error, "columns %zu to %zu are left out: they have no %s",
                           layout->columns + 1, layout->columns + layout->trailing,
                           layout->header ? "names and no values" : "values");
}

/* A first column named "y" may be the target, or a coordinate. It is not chosen as the target, but a remark
 * asks the user. */
static gm_status remark_first_named_y(gm_table *table, const gm_csv_layout *layout, const gm_csv_row *first,
                                      const gm_dataset_options *options, gm_error *error)
{
    const bool named_y = gm_csv_equals(&first->cells[0], "y") || gm_csv_equals(&first->cells[0], "Y");
    if (!layout->header || options->target || !named_y || gm_csv_first_target(layout) == 0)
        return GM_OK;
    return gm_table_remark(table, error, "column 1 is named 'y'; if it is the target, say --target 1");
}

gm_status gm_csv_remark_sides(gm_table *table, const gm_csv_layout *layout, gm_error *error)
{
    gm_status status = GM_OK;
    if (layout->group < layout->columns)
        status = gm_table_remark(table, error, "column %zu names the group of each row, and is no feature",
                                 layout->group + 1);
    if (!status && layout->weight < layout->columns)
        status = gm_table_remark(table, error, "column %zu holds the weight of each row, and is no feature",
                                 layout->weight + 1);
    return status;
}

gm_status gm_csv_remark_layout(gm_table *table, const gm_csv_layout *layout, const gm_csv_row *first,
                               const gm_dataset_options *options, gm_error *error)
{
    const char *header = layout->header ? "header found" : "no header";
    const char *kind = options->regression ? "target" : "label";
    char shown[GM_CSV_SHOWN], reasons[256];
    const char *s = gm_plural(table->features);
    gm_status status;
    const size_t target = gm_csv_first_target(layout);
    give_reasons(layout, first, reasons, sizeof reasons);
    if (layout->target_count > 1)
        status = gm_table_remark(table, error, "%s: %zu feature%s, %zu targets%s", header, table->features, s,
                                 layout->target_count, reasons);
    else if (layout->target_count == 0)
        status = gm_table_remark(table, error, "%s: %zu feature%s, no target column%s", header,
                                 table->features, s, reasons);
    else if (!layout->header)
        status = gm_table_remark(table, error, "%s: %zu feature%s, %s column %zu%s", header, table->features,
                                 s, kind, target + 1, reasons);
    else
        status = gm_table_remark(table, error, "%s: %zu feature%s, %s column '%s'%s", header, table->features,
                                 s, kind, gm_csv_show(&first->cells[target], shown), reasons);
    if (!status)
        status = gm_csv_remark_sides(table, layout, error);
    if (!status)
        status = remark_trailing(table, layout, error);
    return status ? status : remark_first_named_y(table, layout, first, options, error);
}

/* Whether the class of the first row occurs in no other row, and each other class at least twice. */
static bool first_class_is_alone(const gm_table *table)
{
    size_t same = 0;
    for (size_t r = 0; r < table->rows && same < 2; r++)
        same += table->labels[r] == table->labels[0];
    return same == 1 && table->rows >= 2 * table->targets - 1;
}

/* Whether row 1 may be a header after all: its numbers are plain digits, or its class is a text while most
 * classes below are numbers. */
static bool may_be_header(const gm_csv_layout *layout, const gm_csv_diagnosis *diagnosis)
{
    const size_t column = gm_csv_first_target(layout);
    if (column >= diagnosis->columns)
        return false;
    const gm_csv_column *target = &diagnosis->column[column];
    const bool only_text =
        target->first == GM_CSV_TEXT && target->below[GM_CSV_NUMBER] > target->below[GM_CSV_TEXT];
    return diagnosis->whole || only_text;
}

static gm_status remark_header_of_numbers(gm_table *table, const gm_csv_layout *layout,
                                          const gm_csv_diagnosis *diagnosis, gm_error *error)
{
    if (table->labels && may_be_header(layout, diagnosis) && first_class_is_alone(table))
        return gm_table_remark(table, error,
                               "class '%s' occurs once, in row 1: if that row is a header, say --header yes",
                               table->classes.items[table->labels[0]]);
    if (diagnosis->counting)
        return gm_table_remark(
            table, error, "row 1 counts up by one from cell to cell: if it is a header, say --header yes");
    return GM_OK;
}

/* If all classes but one are numbers, and that one is "nan" or the like, it probably stands for a missing
 * label. */
static gm_status remark_missing_class(gm_table *table, gm_error *error)
{
    const char *missing = NULL;
    size_t numbers = 0;
    for (size_t c = 0; c < table->classes.count; c++) {
        const gm_csv_cell name = {.text = table->classes.items[c], .length = strlen(table->classes.items[c])};
        double value;
        numbers += gm_csv_number(&name, &value);
        if (gm_csv_missing(&name) || gm_csv_missing_elsewhere(&name))
            missing = name.text;
    }
    if (!missing || numbers + 1 != table->classes.count)
        return GM_OK;
    return gm_table_remark(
        table, error,
        "'%s' is taken for the name of a class; if it stands for a missing label, leave the cell "
        "empty and say --missing drop",
        missing);
}

/* If the labels are in the first column, the label of a row that somebody made a comment ("#setosa") looks
 * like a class of its own. */
static gm_status remark_comment_class(gm_table *table, const gm_csv_layout *layout, gm_error *error)
{
    const char *comment = NULL;
    size_t count = 0;
    for (size_t c = 0; c < table->classes.count; c++) {
        const gm_csv_cell name = {.text = table->classes.items[c], .length = strlen(table->classes.items[c])};
        if (gm_csv_comment(&name)) {
            comment = name.text;
            count++;
        }
    }
    if (!comment || gm_csv_first_target(layout) > 0 || count == table->classes.count)
        return GM_OK;
    return gm_table_remark(
        table, error, "class '%s' begins as a comment does; if its rows are comments, delete them", comment);
}

gm_status gm_csv_remark_rows(gm_table *table, const gm_csv_layout *layout, const gm_csv_diagnosis *diagnosis,
                             const gm_dataset_options *options, gm_error *error)
{
    if (options->classes)
        return GM_OK; /* the classes are those of a model; the file adds none */
    gm_status status = table->labels ? remark_missing_class(table, error) : GM_OK;
    if (!status && table->labels)
        status = remark_comment_class(table, layout, error);
    if (!status && !layout->header && options->header < 0)
        status = remark_header_of_numbers(table, layout, diagnosis, error);
    return status;
}
