/* Counts what the cells of one column are: kinds, moments, range, histogram, different values. */
#include "data/column_tally.h"

#include <math.h>

void gm_column_tally_number(gm_column_tally *tally, double value)
{
    gm_column_tally *t = tally;
    const bool first = t->moments.count == 0;
    if (first || value < t->least) {
        t->after_least = first ? INFINITY : t->least;
        t->least = value;
        t->at_least = 0;
    } else if (value > t->least && value < t->after_least) {
        t->after_least = value;
    }
    if (first || value > t->most) {
        t->before_most = first ? -INFINITY : t->most;
        t->most = value;
        t->at_most = 0;
    } else if (value < t->most && value > t->before_most) {
        t->before_most = value;
    }
    t->at_least += value == t->least;
    t->at_most += value == t->most;
    t->falls |= !first && value <= t->last;
    t->last = value;
    t->fraction |= value != floor(value);
    t->kinds[GM_CSV_NUMBER]++;
    t->origin = first ? value : t->origin;
    gm_moments_add(&t->moments, value - t->origin);
}

void gm_column_tally_cell(gm_column_tally *tally, const gm_csv_cell *cell, gm_csv_kind kind, double value)
{
    if (kind == GM_CSV_NUMBER) {
        if (!tally->first_number.text)
            tally->first_number = *cell;
        gm_column_tally_number(tally, value);
        return;
    }
    tally->kinds[kind]++;
    if (kind == GM_CSV_ODD)
        tally->infinite += gm_csv_infinite(cell);
    if (kind != GM_CSV_EMPTY && kind != GM_CSV_MISSING && !tally->first_other.text)
        tally->first_other = *cell;
}

/* The bin of a number. Where the width overflows a double, everything is divided first. */
static size_t bin_of(const gm_column_tally *tally, double value)
{
    double width = tally->most - tally->least, off = value - tally->least;
    if (!isfinite(width)) {
        width = tally->most / 4 - tally->least / 4;
        off = value / 4 - tally->least / 4;
    }
    const size_t bin = width > 0 ? (size_t)(off / width * GM_SURVEY_BINS) : 0;
    return bin < GM_SURVEY_BINS ? bin : GM_SURVEY_BINS - 1;
}

void gm_column_tally_bytes(gm_column_tally *tally, const uint32_t counts[256])
{
    gm_moments *moments = &tally->moments;
    double sum = 0;
    for (size_t v = 0; v < 256; v++) {
        if (counts[v] == 0)
            continue;
        if (moments->count == 0) {
            tally->least = (double)v;
            tally->at_least = counts[v];
        }
        tally->most = (double)v;
        tally->at_most = counts[v];
        moments->count += counts[v];
        sum += (double)v * counts[v];
    }
    moments->mean = sum / (double)moments->count;
    tally->kinds[GM_CSV_NUMBER] = moments->count;
    for (size_t v = 0; v < 256; v++) {
        const double value = (double)v, off = value - moments->mean;
        if (counts[v] == 0)
            continue;
        moments->squares += off * off * counts[v];
        tally->bins[bin_of(tally, value)] += counts[v];
        gm_distinct_add(&tally->distinct,
                        (gm_distinct_value){.key = gm_key_of_number(value), .number = value}, counts[v]);
    }
}

static void count_value(gm_column_tally *tally, gm_distinct_value value)
{
    if (gm_distinct_add(&tally->distinct, value, 1) == 0)
        return;
    tally->runs += tally->runs == 0 || value.key != tally->last_key;
    tally->last_key = value.key;
}

void gm_column_tally_number_again(gm_column_tally *tally, double value)
{
    tally->bins[bin_of(tally, value)]++;
    count_value(tally, (gm_distinct_value){.key = gm_key_of_number(value), .number = value});
}

bool gm_column_tally_lacks(const gm_column_tally *tally, const gm_csv_cell *cell)
{
    return cell->length == 0 || (!tally->names && gm_csv_missing(cell));
}

void gm_column_tally_again(gm_column_tally *tally, const gm_csv_cell *cell)
{
    gm_distinct_value value = {.text = cell->text, .length = cell->length, .number = NAN};
    const bool number = gm_csv_number(cell, &value.number);
    if (number)
        tally->bins[bin_of(tally, value.number)]++;
    if (tally->distinct.more || (!number && gm_column_tally_lacks(tally, cell)))
        return;
    value.key = number ? gm_key_of_number(value.number) : gm_key_of_text(cell->text, cell->length);
    count_value(tally, value);
}

size_t gm_column_tally_missing(const gm_column_tally *tally)
{
    return tally->kinds[GM_CSV_EMPTY] + (tally->names ? 0 : tally->kinds[GM_CSV_MISSING]);
}

gm_survey_kind gm_column_tally_kind(const gm_column_tally *tally)
{
    const size_t *kinds = tally->kinds;
    const size_t numbers = kinds[GM_CSV_NUMBER], dates = kinds[GM_CSV_DATE], unread = kinds[GM_CSV_UNREAD];
    const size_t texts = kinds[GM_CSV_TEXT] + kinds[GM_CSV_ODD] + (tally->names ? kinds[GM_CSV_MISSING] : 0);
    if (numbers + dates + texts + unread == 0)
        return GM_SURVEY_EMPTY;
    if (numbers > 0 && 10 * (texts + dates) <= numbers + texts + dates)
        return tally->fraction ? GM_SURVEY_NUMBER : GM_SURVEY_WHOLE;
    return dates > numbers + texts ? GM_SURVEY_DATE : GM_SURVEY_TEXT;
}
