/* The columns of categories of a CSV file while it is read: their texts are numbered. */
#ifndef GM_DATA_CSV_CATEGORIES_H
#define GM_DATA_CSV_CATEGORIES_H

#include "data/classes.h"
#include "data/csv.h"

/* A struct of zeros says that no column holds categories. */
typedef struct gm_csv_categories {
    size_t features;
    gm_classes
        *lists; /* for each feature: the texts of its column. The list of a column of numbers has no slots */
    bool known; /* the lists are those of a model, and do not grow */
    size_t unknown;      /* how many cells have a text that is in no list of the model */
    size_t line, column; /* where the first of these cells is */
} gm_csv_categories;

/* Makes the lists: empty ones by layout->category, or those of the columns of a model. GM_LIMIT. Clear them
 * even after a failure. */
gm_status gm_csv_categories_init(gm_csv_categories *categories, const gm_csv_layout *layout,
                                 const gm_columns *columns, gm_error *error);
void gm_csv_categories_clear(gm_csv_categories *categories);

static inline bool gm_csv_category_is(const gm_csv_categories *categories, size_t feature)
{
    return categories->lists && categories->lists[feature].slots;
}

/* Sets *place to that of the cell's text. False: it is in no list, and *place is GM_NO_CATEGORY. */
bool gm_csv_category_find(gm_csv_categories *categories, size_t feature, const gm_csv_cell *cell,
                          double *place);
bool gm_csv_category_full(const gm_csv_categories *categories, size_t feature);
gm_status gm_csv_category_add(gm_csv_categories *categories, size_t feature, const gm_csv_cell *cell,
                              double *place, gm_error *error);

/* When all rows have been read: sorts the texts and moves them into the table, whose x gets their new places.
 * With the columns of a model (else NULL) the table is encoded, and this only marks its inputs. GM_LIMIT. */
gm_status gm_csv_categories_finish(gm_csv_categories *categories, gm_table *table, const gm_columns *columns,
                                   gm_error *error);

/* Adds remarks that name the columns of categories, those that rather identify the rows, and the texts that
 * the model does not know. */
gm_status gm_csv_remark_categories(gm_table *table, const gm_csv_layout *layout,
                                   const gm_csv_categories *categories, gm_error *error);

#endif
