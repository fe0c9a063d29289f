/* Walks over the cells of a text, twice: see column_tally.h. Before that, what the caller has left open of
 * how to read it is found from its first rows. The first walk leaves the text as it is, so that there can be
 * a second. */
#include "data/survey.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/utf8.h"

#include <string.h>

typedef struct walk {
    gm_survey *survey;
    gm_csv_lexer lexer; /* at the beginning of the text, and then behind its first row */
    gm_csv_diagnosis diagnosis;
    gm_csv_layout layout;
    gm_csv_row first, row;
    bool again; /* this is the second time */
} walk;

/* Notes how the bytes of a text are to be understood. */
static void judge_bytes(gm_survey_facts *facts, const char *text, size_t size)
{
    facts->bytes += size;
    facts->mark |= size >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0;
    for (size_t at = 0, length; at < size && facts->utf8; at += length) {
        length = 1;
        if ((unsigned char)text[at] < 0x80)
            continue;
        facts->ascii = false;
        length = gm_utf8_length(text + at, size - at);
        facts->utf8 = length > 0;
    }
}

/* Changes one thing about the reading that the first rows show to be wrong, and that the caller has not
 * decided. False: there is nothing to change. */
static bool improve(walk *w, const gm_csv_diagnosis *d)
{
    gm_dataset_options *reading = &w->survey->facts.reading;
    if (!reading->comment && d->comment > 0)
        reading->comment = strcpy(w->survey->comment, d->mark);
    else if (!reading->delimiter && d->better)
        reading->delimiter = d->likely;
    else if (!reading->decimal && d->commas > d->points)
        reading->decimal = ',';
    else
        return false;
    w->lexer.comment = reading->comment ? reading->comment : "";
    w->lexer.delimiter = reading->delimiter ? reading->delimiter : ',';
    w->lexer.decimal = reading->decimal;
    return true;
}

static gm_status find_reading(walk *w, gm_error *error)
{
    gm_status status = gm_csv_diagnose(&w->diagnosis, &w->lexer, error);
    while (!status && improve(w, &w->diagnosis)) {
        gm_csv_diagnosis_clear(&w->diagnosis);
        status = gm_csv_diagnose(&w->diagnosis, &w->lexer, error);
    }
    w->lexer.hint = w->diagnosis.hint;
    return status;
}

/* The layout, as for training. A file of one column has nothing to be the target. */
static gm_status find_layout(walk *w, gm_error *error)
{
    gm_dataset_options options = w->survey->facts.reading;
    if (gm_csv_count_columns(&w->diagnosis, &w->first) == 1 && !options.target && !*w->diagnosis.hint)
        options.target = w->survey->facts.reading.target = "none";
    const gm_csv_cell whole = w->first.cells[0];
    const bool hash = options.header != 0 && gm_csv_take_hash(&w->first);
    const gm_csv_head head = {&w->lexer, &w->diagnosis, &w->first, &w->row, &options};
    const gm_status status = gm_csv_layout_find(&w->layout, &head, error);
    if (hash && !w->layout.header)
        w->first.cells[0] = whole;
    return status;
}

/* Reads the first two rows and finds out what the columns are. The second is read again by the walks. */
static gm_status read_head(walk *w, gm_error *error)
{
    gm_status status = gm_csv_next(&w->lexer, &w->first, error);
    if (status)
        return status;
    if (w->first.count == 0)
        return gm_fail(error, GM_BAD_DATA, "%s: no rows; the file is empty or blank", w->lexer.path);
    gm_csv_lexer ahead = w->lexer;
    ahead.keep = true;
    status = gm_csv_next(&ahead, &w->row, error);
    if (!status)
        status = find_layout(w, error);
    if (!status && w->layout.header && w->row.count == 0)
        status = gm_fail(error, GM_BAD_DATA, "%s: no rows; there is a header only", w->lexer.path);
    return status;
}

static void count_row(walk *w, const gm_csv_row *row)
{
    for (size_t c = 0; c < row->count; c++) {
        const gm_csv_cell *cell = &row->cells[c];
        double value = 0;
        const gm_csv_kind kind = gm_csv_number(cell, &value) ? GM_CSV_NUMBER : gm_csv_kind_of(cell);
        gm_column_tally_cell(&w->survey->tallies[c], cell, kind, value);
        if (c == 0 || c == gm_csv_first_target(&w->layout)) /* the target, or what may become it */
            gm_survey_probe(&w->survey->tallies[c], cell, kind, value);
    }
    w->survey->facts.rows++;
}

/* Whether a feature or the target has no value in this row. */
static bool misses(const walk *w, const gm_csv_row *row)
{
    const gm_survey *survey = w->survey;
    for (size_t c = 0; c < row->count; c++) {
        const bool used = w->layout.role[c] != GM_CSV_UNUSED || survey->columns[c].is_target;
        if (used && gm_column_tally_lacks(&survey->tallies[c], &row->cells[c]))
            return true;
    }
    return false;
}

static gm_status count_row_again(walk *w, const gm_csv_row *row, gm_error *error)
{
    gm_survey *survey = w->survey;
    const bool shown = survey->cells.count < survey->rows_wanted * row->count;
    uint64_t hash = 0;
    for (size_t c = 0; c < row->count; c++) {
        const gm_csv_cell *cell = &row->cells[c];
        gm_column_tally_again(&survey->tallies[c], cell);
        if (!survey->rows_seen.more)
            hash = (hash ^ gm_key_of_text(cell->text, cell->length)) * 0x9e3779b97f4a7c15U;
        if (shown && !gm_survey_keep(&survey->cells, cell))
            return gm_fail_memory(error, "the first rows", cell->length);
    }
    gm_survey_see_row(survey, hash);
    survey->facts.complete += !misses(w, row);
    return GM_OK;
}

static gm_status take_row(walk *w, gm_csv_row *row, gm_error *error)
{
    const gm_status status = gm_csv_layout_fit(&w->layout, &w->lexer, row, error);
    if (status || w->again)
        return status ? status : count_row_again(w, row, error);
    count_row(w, row);
    return GM_OK;
}

static gm_status walk_over(walk *w, bool again, gm_error *error)
{
    const gm_csv_lexer begin = w->lexer;
    w->again = again;
    w->lexer.keep = !again;
    gm_status status = GM_OK;
    if (!w->layout.header) {
        gm_csv_row first = w->first; /* a copy, because the length is changed */
        status = take_row(w, &first, error);
    }
    if (!status)
        status = gm_csv_next(&w->lexer, &w->row, error);
    while (!status && w->row.count > 0) {
        bool header = false;
        if (w->lexer.begins_file && w->layout.header)
            status = gm_csv_match_header(&w->lexer, &w->first, &w->row, &header, error);
        if (!status && !header)
            status = take_row(w, &w->row, error);
        if (!status)
            status = gm_csv_next(&w->lexer, &w->row, error);
    }
    w->survey->facts.comments = w->lexer.comments;
    w->lexer = begin;
    return status;
}

static gm_status name_columns(walk *w, gm_error *error)
{
    for (size_t c = 0; c < w->layout.columns; c++) {
        const gm_csv_cell none = {.text = ""};
        if (!gm_survey_keep(&w->survey->names, w->layout.header ? &w->first.cells[c] : &none))
            return gm_fail_memory(error, "the names of the columns", w->layout.columns);
    }
    return GM_OK;
}

/* What the reader takes a column for, by the first rows. */
static void note_role(walk *w, size_t c)
{
    gm_survey_column *column = &w->survey->columns[c];
    column->is_target = gm_csv_is_target(&w->layout, c);
    column->is_feature = w->layout.role[c] != GM_CSV_UNUSED;
    column->categorical = w->layout.category && w->layout.category[c];
}

/* Copies what was found to the facts, and makes room for the columns. */
static gm_status note_layout(walk *w, gm_error *error)
{
    gm_survey_facts *facts = &w->survey->facts;
    facts->header = w->layout.header;
    facts->why = w->layout.why;
    facts->trailing = w->layout.trailing;
    facts->target = gm_csv_first_target(&w->layout);
    facts->by_name = w->layout.by_name;
    w->survey->counting = w->diagnosis.counting && !w->layout.header && facts->reading.header < 0;
    gm_status status = gm_survey_begin(w->survey, w->layout.columns, error);
    for (size_t c = 0; !status && c < w->layout.columns; c++)
        note_role(w, c);
    return status ? status : name_columns(w, error);
}

static gm_status walk_twice(walk *w, gm_error *error)
{
    const gm_dataset_options options = w->survey->facts.reading;
    gm_status status = find_reading(w, error);
    if (!status)
        status = w->diagnosis.foreign
                     ? gm_fail(error, GM_BAD_DATA, "%s: no table; %s", w->lexer.path, w->lexer.hint)
                     : read_head(w, error);
    if (!status)
        status = note_layout(w, error);
    if (!status)
        status = walk_over(w, false, error);
    if (status)
        return status;
    gm_survey_choose_target(w->survey, &options);
    for (size_t c = 0; c < w->layout.columns; c++) { /* columns of no use make no row incomplete */
        const gm_survey_kind kind = gm_column_tally_kind(&w->survey->tallies[c]);
        if (w->survey->columns[c].is_feature && w->layout.role[c] == GM_CSV_UNUSED) /* it was the target */
            w->survey->columns[c].categorical =
                gm_csv_column_of_categories(&w->diagnosis, c, w->layout.header);
        const bool used =
            w->survey->columns[c].is_feature && kind != GM_SURVEY_EMPTY && kind != GM_SURVEY_DATE;
        w->layout.role[c] = used ? c : GM_CSV_UNUSED;
    }
    return walk_over(w, true, error);
}

void gm_survey_judge_texts(gm_survey *survey, const gm_source_texts *texts)
{
    survey->facts.ascii = survey->facts.utf8 = true;
    for (size_t i = 0; i < texts->count; i++)
        judge_bytes(&survey->facts, texts->items[i].text, texts->items[i].size);
}

gm_status gm_survey_of_text(gm_survey *survey, const gm_source_texts *texts, gm_error *error)
{
    walk w = {.survey = survey};
    gm_status status = gm_csv_lexer_init(&w.lexer, texts, &survey->facts.reading, error);
    if (!status)
        status = walk_twice(&w, error);
    gm_csv_row_clear(&w.first);
    gm_csv_row_clear(&w.row);
    gm_csv_layout_clear(&w.layout);
    gm_csv_diagnosis_clear(&w.diagnosis);
    return status;
}
