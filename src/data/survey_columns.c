/* Makes the public columns of a survey of what was counted of them. */
#include "data/survey.h"

#include "base/ascii.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/number.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Values that are kept of a column, and of the target. */
#define MOST_FREQUENT ((size_t)12)
#define MOST_CLASSES  ((size_t)1000)

/* In fewer rows it is no wonder that all values differ. */
#define FEWEST_ROWS 5

/* ---- what the values and the name of a column say of it ---- */

/* Whether `word` is in the name, in upper or lower case. */
static bool has_word(const char *name, const char *word)
{
    for (; *name; name++) {
        size_t i = 0;
        while (word[i] && gm_lower(name[i]) == word[i])
            i++;
        if (!word[i])
            return true;
    }
    return false;
}

/* "id", "ID", "user_id", "PassengerId", "uuid": an identifier by its name. But not "humid". */
static bool named_id(const char *name)
{
    const size_t length = name ? strlen(name) : 0;
    if (length < 2 || gm_lower(name[length - 2]) != 'i' || gm_lower(name[length - 1]) != 'd')
        return false;
    const char before = length > 2 ? name[length - 3] : '_';
    const bool letter = gm_lower(before) >= 'a' && gm_lower(before) <= 'z';
    return !letter || name[length - 2] == 'I' || has_word(name, "uuid") || has_word(name, "guid");
}

/* Whether the name is that of something which rows may have in common. */
static bool named_group(const char *name)
{
    static const char *const words[] = {"group", "subject", "patient", "session", "household", "customer"};
    bool found = named_id(name);
    for (size_t i = 0; name && i < sizeof words / sizeof *words; i++)
        found |= has_word(name, words[i]);
    return found;
}

/* Whether every row has a value of its own. Of more values than are counted, those that are must differ. */
static bool all_differ(const gm_column_tally *tally, size_t rows)
{
    if (!tally->distinct.more)
        return tally->distinct.count == rows;
    for (size_t i = 0; i < tally->distinct.capacity; i++) {
        if (tally->distinct.slots[i].count > 1)
            return false;
    }
    return true;
}

/* Whether the numbers are those of the rows: they grow from row to row, by one. */
static bool counts_rows(const gm_column_tally *tally, size_t rows)
{
    return !tally->falls && tally->moments.count == rows && tally->most - tally->least == (double)(rows - 1);
}

static bool is_identifier(const gm_survey_column *column, const gm_column_tally *tally, size_t rows)
{
    if (rows < FEWEST_ROWS || column->missing > 0)
        return false;
    if (column->kind == GM_SURVEY_TEXT)
        return all_differ(tally, rows);
    return column->kind == GM_SURVEY_WHOLE &&
           (counts_rows(tally, rows) || (named_id(column->name) && all_differ(tally, rows)));
}

/* Whether equal values stand together, several rows of each. */
static bool in_blocks(const gm_column_tally *tally, size_t rows)
{
    return !tally->distinct.more && tally->distinct.count >= 10 && tally->runs == tally->distinct.count &&
           rows >= 2 * tally->distinct.count;
}

static bool is_grouped(const gm_survey_column *column, const gm_column_tally *tally, size_t rows)
{
    const bool text = column->kind == GM_SURVEY_TEXT;
    if (column->identifier || column->constant || (!text && column->kind != GM_SURVEY_WHOLE))
        return false;
    return named_group(column->name) || (text && in_blocks(tally, rows));
}

/* Whether a column of numbers has a cell, or a number, that cannot be read. */
static bool has_bad_cells(const gm_column_tally *tally, gm_precision precision)
{
    const size_t *kinds = tally->kinds;
    const double largest = precision == GM_F64 ? DBL_MAX : (double)FLT_MAX;
    return kinds[GM_CSV_TEXT] + kinds[GM_CSV_ODD] + kinds[GM_CSV_DATE] + kinds[GM_CSV_UNREAD] > 0 ||
           tally->most > largest || tally->least < -largest;
}

/* ---- its values ---- */

static int by_count(const void *a, const void *b)
{
    const gm_distinct_value *left = a, *right = b;
    if (left->count != right->count)
        return left->count < right->count ? 1 : -1;
    if (left->number != right->number && !isnan(left->number) && !isnan(right->number))
        return left->number < right->number ? -1 : 1;
    const size_t length = gm_min(left->length, right->length);
    const int order = length > 0 ? memcmp(left->text, right->text, length) : 0;
    return order ? order : (left->length > right->length) - (left->length < right->length);
}

/* Texts behind numbers, as train sorts classes if all are numbers. */
static int by_value(const void *a, const void *b)
{
    gm_distinct_value left = *(const gm_distinct_value *)a, right = *(const gm_distinct_value *)b;
    if (isnan(left.number) != isnan(right.number))
        return isnan(left.number) ? 1 : -1;
    left.count = right.count;
    return by_count(&left, &right);
}

/* The values of a column without the free slots between them. */
static gm_distinct_value *list_values(const gm_distinct *set, gm_error *error)
{
    gm_distinct_value *list =
        gm_table_array(gm_max(set->count, 1), 1, sizeof *list, "the values of a column", error);
    for (size_t i = 0, count = 0; list && i < set->capacity; i++) {
        if (set->slots[i].count > 0)
            list[count++] = set->slots[i];
    }
    return list;
}

/* The text of a value: its cell, or the name of the class, or the number in digits. */
static gm_csv_cell cell_of(const gm_survey *survey, size_t c, const gm_distinct_value *value, char number[32])
{
    const bool class = survey->dataset && gm_dataset_has_labels(survey->dataset) && c == survey->facts.target;
    const char *text = value->text;
    if (class)
        text = gm_dataset_class_name(survey->dataset, (size_t)value->number);
    else if (!text)
        text = gm_format_shortest(number, 32, value->number);
    return (gm_csv_cell){.text = text, .length = value->text ? value->length : strlen(text)};
}

static gm_status keep_values(gm_survey *survey, size_t c, const gm_distinct_value *list, size_t count,
                             gm_error *error)
{
    survey->values[c] = gm_table_array(gm_max(count, 1), 1, sizeof **survey->values, "the values", error);
    if (!survey->values[c])
        return GM_LIMIT;
    for (size_t i = 0; i < count; i++) {
        char number[32];
        const gm_csv_cell cell = cell_of(survey, c, &list[i], number);
        const char *text = gm_survey_keep(&survey->texts, &cell);
        if (!text)
            return gm_fail_memory(error, "the values of a column", cell.length);
        survey->values[c][i] = (gm_survey_value){text, list[i].count};
    }
    survey->columns[c].values = survey->values[c];
    survey->columns[c].value_count = count;
    return GM_OK;
}

static gm_status make_values(gm_survey *survey, size_t c, gm_error *error)
{
    const gm_distinct *set = &survey->tallies[c].distinct;
    const bool target = c == survey->facts.target;
    if (set->more)
        return GM_OK;
    gm_distinct_value *list = list_values(set, error);
    if (!list)
        return GM_LIMIT;
    qsort(list, set->count, sizeof *list, target ? by_value : by_count);
    const gm_status status =
        keep_values(survey, c, list, gm_min(set->count, target ? MOST_CLASSES : MOST_FREQUENT), error);
    gm_free(list);
    return status;
}

/* ---- the column ---- */

static void note_numbers(gm_survey_column *column, const gm_column_tally *tally)
{
    column->numbers = tally->moments.count;
    column->least = column->most = column->mean = column->deviation = NAN;
    if (column->numbers == 0)
        return;
    column->least = tally->least;
    column->most = tally->most;
    column->mean = tally->origin + tally->moments.mean;
    column->deviation = gm_moments_deviation(&tally->moments);
    column->at_least = tally->at_least;
    column->at_most = tally->at_most;
    column->after_least = tally->after_least;
    column->before_most = tally->before_most;
    memcpy(column->bins, tally->bins, sizeof column->bins);
}

/* The first cell that is not of the column's kind. */
static gm_status note_other(gm_survey *survey, gm_survey_column *column, const gm_column_tally *tally,
                            gm_error *error)
{
    if (!column->refused || !tally->first_other.text)
        return GM_OK;
    column->other_line = tally->first_other.line;
    column->other_text = gm_survey_keep(&survey->texts, &tally->first_other);
    return column->other_text ? GM_OK : gm_fail_memory(error, "a cell", tally->first_other.length);
}

static gm_status make_column(gm_survey *survey, size_t c, gm_error *error)
{
    gm_survey_column *column = &survey->columns[c];
    const gm_column_tally *tally = &survey->tallies[c];
    const size_t rows = survey->facts.rows;
    const char *name = gm_strings_get(&survey->names, c);
    column->name = name && *name ? name : NULL;
    column->kind = gm_column_tally_kind(tally);
    column->missing = gm_column_tally_missing(tally);
    column->unread = tally->kinds[GM_CSV_UNREAD];
    column->distinct = tally->distinct.count;
    column->more = tally->distinct.more;
    column->constant = column->distinct == 1 && !column->more;
    column->identifier = is_identifier(column, tally, rows);
    column->grouped = is_grouped(column, tally, rows);
    const bool numbers = column->kind == GM_SURVEY_NUMBER || column->kind == GM_SURVEY_WHOLE;
    const bool misspelt =
        column->kind == GM_SURVEY_TEXT && tally->kinds[GM_CSV_ODD] > tally->kinds[GM_CSV_TEXT];
    column->refused = !column->categorical &&
                      (misspelt || (column->kind != GM_SURVEY_TEXT &&
                                    (!numbers || has_bad_cells(tally, survey->facts.reading.precision))));
    note_numbers(column, tally);
    const gm_status status = note_other(survey, column, tally, error);
    return status ? status : make_values(survey, c, error);
}

gm_status gm_survey_make_columns(gm_survey *survey, gm_error *error)
{
    bool failed = survey->rows_seen.failed;
    for (size_t c = 0; c < survey->facts.columns; c++)
        failed |= survey->tallies[c].distinct.failed;
    gm_status status = failed ? gm_fail_memory(error, "the values of a column", survey->facts.rows) : GM_OK;
    for (size_t c = 0; !status && c < survey->facts.columns; c++)
        status = make_column(survey, c, error);
    const size_t target = survey->facts.target;
    if (!status && target < survey->facts.columns && !survey->facts.reading.regression)
        survey->facts.classes = survey->columns[target].distinct;
    return status;
}
