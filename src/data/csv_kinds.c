/* Which columns of training data hold categories: those of texts, by what the first rows show, and those that
 * the options name. */
#include "data/csv_diagnosis.h"
#include "data/dataset.h"

#include "base/error.h"
#include "base/memory.h"

/* Whether most cells of a column are texts that can be categories: not dates, and nothing that begins like a
 * number, such as 0x10 or 5 %, which is rather a number that is misspelt. */
static bool holds_texts(const gm_csv_diagnosis *diagnosis, size_t column, bool header)
{
    if (column >= diagnosis->columns)
        return false;
    const gm_csv_column *c = &diagnosis->column[column];
    int texts = c->below[GM_CSV_TEXT];
    int others = c->below[GM_CSV_NUMBER] + c->below[GM_CSV_DATE] + c->below[GM_CSV_ODD];
    if (!header) {
        texts += c->first == GM_CSV_TEXT;
        others += c->first == GM_CSV_NUMBER || c->first == GM_CSV_DATE || c->first == GM_CSV_ODD;
    }
    return texts > others;
}

bool gm_csv_column_of_categories(const gm_csv_diagnosis *diagnosis, size_t column, bool header)
{
    /* If something seems wrong with the file as a whole, such as its delimiter, its texts are no categories:
     * the error for the first of them says what is wrong. */
    return *diagnosis->hint == '\0' && holds_texts(diagnosis, column, header);
}

/* GM_BAD_DATA: a marked column is no feature. */
static gm_status check_marks(const gm_csv_layout *layout, const gm_csv_head *head, const bool *marks,
                             const char *what, gm_error *error)
{
    char shown[GM_CSV_SHOWN];
    for (size_t c = 0; c < layout->columns; c++)
        if (marks[c] && layout->role[c] == GM_CSV_UNUSED)
            return gm_fail(error, GM_BAD_DATA, "%s:%zu: column %zu, '%s', is to be %s, but it is no feature",
                           head->lexer->path, head->first->cells[0].line, c + 1,
                           gm_csv_show(&head->first->cells[c], shown), what);
    return GM_OK;
}

/* Marks the columns of a list of the options, which may be NULL. */
static gm_status mark_features(const gm_csv_layout *layout, const gm_csv_head *head, gm_csv_wanted w,
                               bool *marks, gm_error *error)
{
    if (!w.text)
        return GM_OK;
    const gm_status status = gm_csv_mark_columns(layout, head, w, marks, error);
    return status ? status : check_marks(layout, head, marks, w.what, error);
}

static gm_status choose_kinds(gm_csv_layout *layout, const gm_csv_head *head, const bool *categorical,
                              const bool *numeric, gm_error *error)
{
    char shown[GM_CSV_SHOWN];
    for (size_t c = 0; c < layout->columns; c++) {
        if (categorical[c] && numeric[c])
            return gm_fail(error, GM_BAD_DATA, "%s:%zu: column %zu, '%s', is to be categorical and numeric",
                           head->lexer->path, head->first->cells[0].line, c + 1,
                           gm_csv_show(&head->first->cells[c], shown));
        layout->category[c] =
            layout->role[c] != GM_CSV_UNUSED &&
            (categorical[c] ||
             (!numeric[c] && gm_csv_column_of_categories(head->diagnosis, c, layout->header)));
    }
    return GM_OK;
}

gm_status gm_csv_kinds_find(gm_csv_layout *layout, const gm_csv_head *head, gm_error *error)
{
    const gm_dataset_options *o = head->options;
    const size_t columns = layout->columns;
    bool *categorical = gm_table_array(columns, 1, sizeof *categorical, "the columns", error);
    bool *numeric = gm_table_array(columns, 1, sizeof *numeric, "the columns", error);
    layout->category = gm_table_array(columns, 1, sizeof *layout->category, "the columns", error);
    gm_status status = categorical && numeric && layout->category ? GM_OK : GM_LIMIT;
    if (!status)
        status =
            mark_features(layout, head, (gm_csv_wanted){o->categorical, "categorical"}, categorical, error);
    if (!status)
        status = mark_features(layout, head, (gm_csv_wanted){o->numeric, "numeric"}, numeric, error);
    if (!status)
        status = choose_kinds(layout, head, categorical, numeric, error);
    gm_free(categorical);
    gm_free(numeric);
    return status;
}
