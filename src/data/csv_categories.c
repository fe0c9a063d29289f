/* Numbers the texts in columns of categories (csv_categories.h). */
#include "data/csv_categories.h"
#include "data/columns.h"

#include "base/append.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/number.h"

#include <math.h>

/* A remark names at most so many columns. */
#define MOST_NAMED 6

/* A column with at least so many texts, most of which differ, probably identifies the rows. */
#define FEWEST_IDENTIFIERS 20

void gm_csv_categories_clear(gm_csv_categories *categories)
{
    for (size_t f = 0; categories->lists && f < categories->features; f++)
        gm_classes_clear(&categories->lists[f]);
    gm_free(categories->lists);
    *categories = (gm_csv_categories){0};
}

static gm_status init_list(gm_csv_categories *categories, size_t f, const gm_data_column *column,
                           gm_error *error)
{
    return gm_classes_init(&categories->lists[f], column ? (const char *const *)column->categories : NULL,
                           column ? column->category_count : 0, error);
}

gm_status gm_csv_categories_init(gm_csv_categories *categories, const gm_csv_layout *layout,
                                 const gm_columns *columns, gm_error *error)
{
    *categories = (gm_csv_categories){.features = layout->features, .known = columns != NULL};
    gm_status status = GM_OK;
    for (size_t c = 0; c < layout->columns && !status; c++) {
        const size_t f = layout->role[c];
        const gm_data_column *column = columns && f != GM_CSV_UNUSED ? &columns->items[f] : NULL;
        const bool is_category =
            column ? column->categories != NULL : layout->category && layout->category[c];
        if (!is_category)
            continue;
        if (!categories->lists)
            categories->lists =
                gm_table_array(layout->features, 1, sizeof *categories->lists, "the categories", error);
        status = categories->lists ? init_list(categories, f, column, error) : GM_LIMIT;
    }
    return status;
}

bool gm_csv_category_find(gm_csv_categories *categories, size_t feature, const gm_csv_cell *cell,
                          double *place)
{
    const uint32_t found = gm_classes_find(&categories->lists[feature], cell->text, cell->length);
    *place = found == GM_NO_CLASS ? GM_NO_CATEGORY : (double)found;
    if (found == GM_NO_CLASS && categories->known && categories->unknown++ == 0) {
        categories->line = cell->line;
        categories->column = cell->column;
    }
    return found != GM_NO_CLASS;
}

bool gm_csv_category_full(const gm_csv_categories *categories, size_t feature)
{
    return categories->lists[feature].names.count == GM_CLASS_LIMIT;
}

gm_status gm_csv_category_add(gm_csv_categories *categories, size_t feature, const gm_csv_cell *cell,
                              double *place, gm_error *error)
{
    gm_classes *list = &categories->lists[feature];
    *place = (double)list->names.count;
    return gm_classes_add(list, cell->text, cell->length, error);
}

/* Sorts the texts of a column, and changes their places in x. */
static gm_status sort_texts(gm_csv_categories *categories, gm_table *table, size_t f, gm_error *error)
{
    uint32_t *new_place = gm_classes_order(&categories->lists[f], error);
    if (!new_place)
        return GM_LIMIT;
    for (size_t r = 0; r < table->rows; r++) {
        const size_t at = r * table->features + f;
        const double place = gm_get_number(table->x, table->type, at);
        if (!isnan(place))
            gm_put_number(table->x, table->type, at, new_place[(size_t)place]);
    }
    gm_free(new_place);
    return GM_OK;
}

gm_status gm_csv_categories_finish(gm_csv_categories *categories, gm_table *table, const gm_columns *columns,
                                   gm_error *error)
{
    table->encoded = columns != NULL;
    if (columns)
        return gm_table_mark_binary(table, columns, error);
    if (!categories->lists)
        return GM_OK;
    table->texts = gm_table_array(table->features, 1, sizeof *table->texts, "the categories", error);
    gm_status status = table->texts ? GM_OK : GM_LIMIT;
    for (size_t f = 0; f < categories->features && !status; f++) {
        gm_strings *names = &categories->lists[f].names;
        if (names->count == 0) /* no column of categories, or all of its cells are missing */
            continue;
        status = sort_texts(categories, table, f, error);
        table->texts[f] = *names;
        *names = (gm_strings){0};
    }
    return status;
}

/* "'sex'", or "column 4" without a header. */
static size_t append_column(char *text, size_t size, size_t used, const gm_table *table, size_t f, size_t c)
{
    char shown[GM_CSV_SHOWN];
    const char *name = gm_strings_get(&table->feature_names, f);
    return name && *name ? gm_append(text, size, used, "'%s'", gm_csv_show_text(name, shown))
                         : gm_append(text, size, used, "column %zu", c + 1);
}

/* One line for all columns of texts: "texts become categories: 'sex' (2), 'city' (14)". */
static gm_status remark_columns(gm_table *table, const gm_csv_layout *layout, gm_error *error)
{
    char list[420] = "";
    size_t used = 0, named = 0, more = 0;
    for (size_t c = 0; c < layout->columns; c++) {
        const size_t f = layout->role[c];
        if (f == GM_CSV_UNUSED || table->texts[f].count == 0)
            continue;
        if (named == MOST_NAMED) {
            more++;
            continue;
        }
        used = gm_append(list, sizeof list, used, "%s", named++ > 0 ? ", " : "");
        used = append_column(list, sizeof list, used, table, f, c);
        used = gm_append(list, sizeof list, used, " (%zu)", table->texts[f].count);
    }
    if (more > 0)
        gm_append(list, sizeof list, used, " and %zu more", more);
    return named > 0 ? gm_table_remark(table, error, "texts become categories: %s", list) : GM_OK;
}

static gm_status remark_identifiers(gm_table *table, const gm_csv_layout *layout, gm_error *error)
{
    gm_status status = GM_OK;
    for (size_t c = 0, named = 0; c < layout->columns && named < MOST_NAMED && !status; c++) {
        const size_t f = layout->role[c];
        if (f == GM_CSV_UNUSED)
            continue;
        const size_t texts = table->texts[f].count;
        if (texts < FEWEST_IDENTIFIERS || texts <= table->rows / 2)
            continue;
        char name[80];
        append_column(name, sizeof name, 0, table, f, c);
        named++;
        status =
            gm_table_remark(table, error,
                            "%s has %zu different texts in %zu rows; if they only identify the rows, say "
                            "--ignore %zu",
                            name, texts, table->rows, c + 1);
    }
    return status;
}

gm_status gm_csv_remark_categories(gm_table *table, const gm_csv_layout *layout,
                                   const gm_csv_categories *categories, gm_error *error)
{
    const size_t unknown = categories->unknown;
    if (unknown > 0)
        return gm_table_remark(table, error,
                               "%zu text%s not known to the model, the first in line %zu, column %zu; such a "
                               "text counts as none of its categories",
                               unknown, unknown == 1 ? " is" : "s are", categories->line, categories->column);
    if (!table->texts)
        return GM_OK;
    const gm_status status = remark_columns(table, layout, error);
    return status ? status : remark_identifiers(table, layout, error);
}
