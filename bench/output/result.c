/* The memory of a result, and the functions that fill its rows. */
#include "bench/output/result.h"
#include "base/error.h"
#include "base/memory.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

gm_result gm_result_make(const char *benchmark, const gm_column *const *columns, size_t column_count)
{
    return (gm_result){.benchmark = benchmark, .columns = columns, .column_count = column_count};
}

static void clear_row(gm_result_row *row)
{
    gm_free(row->cells);
    gm_free(row->samples);
    gm_free(row->peaks);
}

void gm_result_clear(gm_result *result)
{
    for (size_t i = 0; i < result->row_count; i++)
        clear_row(&result->rows[i]);
    gm_free(result->rows);
    gm_free(result->notes);
    *result = gm_result_make(result->benchmark, result->columns, result->column_count);
}

static bool make_room(gm_result *result)
{
    if (result->row_count < result->row_capacity)
        return true;
    size_t capacity;
    if (!gm_mul(gm_max(result->row_capacity, 8), 2, &capacity))
        return false;
    gm_result_row *rows = gm_alloc(capacity, sizeof *rows);
    if (!rows)
        return false;
    if (result->row_count > 0)
        memcpy(rows, result->rows, result->row_count * sizeof *rows);
    gm_free(result->rows);
    result->rows = rows;
    result->row_capacity = capacity;
    return true;
}

gm_result_row *gm_result_add(gm_result *result, gm_error *error, const char *name_format, ...)
{
    gm_cell *cells = gm_alloc(result->column_count, sizeof *cells);
    if (!cells || !make_room(result)) {
        gm_free(cells);
        gm_fail_memory(error, "a row of results", result->column_count * sizeof *cells);
        return NULL;
    }
    for (size_t i = 0; i < result->column_count; i++)
        cells[i].number = NAN;
    gm_result_row *row = &result->rows[result->row_count++];
    *row = (gm_result_row){.cells = cells, .threads = 1};
    va_list arguments;
    va_start(arguments, name_format);
    vsnprintf(row->name, sizeof row->name, name_format, arguments);
    va_end(arguments);
    return row;
}

static gm_cell *find_cell(const gm_result *result, const gm_result_row *row, const gm_column *column,
                          bool text)
{
    for (size_t i = 0; i < result->column_count; i++)
        if (result->columns[i] == column && text == (column->decimals == GM_COLUMN_TEXT))
            return &row->cells[i];
    abort();
}

void gm_result_number(gm_result *result, gm_result_row *row, const gm_column *column, double value)
{
    find_cell(result, row, column, false)->number = value;
}

void gm_result_text(gm_result *result, gm_result_row *row, const gm_column *column, const char *format, ...)
{
    gm_cell *cell = find_cell(result, row, column, true);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(cell->text, sizeof cell->text, format, arguments);
    va_end(arguments);
}

void gm_result_fault(gm_result_row *row, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(row->fault, sizeof row->fault, format, arguments);
    va_end(arguments);
}

gm_status gm_result_check(const gm_result *result, gm_error *error)
{
    for (size_t i = 0; i < result->row_count; i++)
        if (!*result->rows[i].fault)
            return GM_OK;
    if (result->row_count == 0)
        return GM_OK;
    return gm_fail(error, GM_CHECK, "nothing could be measured: %s: %s", result->rows[0].name,
                   result->rows[0].fault);
}

static double *copy_of(const double *values, size_t count)
{
    double *copy = gm_alloc(count, sizeof *copy);
    if (copy)
        memcpy(copy, values, count * sizeof *copy);
    return copy;
}

gm_status gm_result_samples(gm_result_row *row, const double *samples, const double *peaks, size_t count,
                            size_t iterations, gm_error *error)
{
    double *copy = copy_of(samples, count);
    double *peaks_copy = peaks ? copy_of(peaks, count) : NULL;
    if (!copy || (peaks && !peaks_copy)) {
        gm_free(copy);
        gm_free(peaks_copy);
        return gm_fail_memory(error, "the samples", count * sizeof *copy);
    }
    gm_free(row->samples);
    gm_free(row->peaks);
    row->samples = copy;
    row->peaks = peaks_copy;
    row->sample_count = count;
    row->iterations = iterations;
    return GM_OK;
}

#define NOISE 5 /* percent */

void gm_result_note_noise(gm_result *result)
{
    size_t noisy = 0;
    double most = 0;
    for (size_t i = 0; i < result->row_count; i++) {
        const double spread = find_cell(result, &result->rows[i], &gm_column_spread, false)->number;
        noisy += spread > NOISE;
        most = fmax(most, spread); /* NaN, of a row without samples, is passed over */
    }
    if (noisy > 0)
        gm_result_note(
            result,
            "%zu of %zu rows have rounds that differ by more than %d %%, up to %.0f %%: the machine was "
            "not quiet",
            noisy, result->row_count, NOISE, most);
}

void gm_result_note(gm_result *result, const char *format, ...)
{
    char(*notes)[512] = gm_alloc(result->note_count + 1, sizeof *notes);
    if (!notes)
        return;
    if (result->note_count > 0)
        memcpy(notes, result->notes, result->note_count * sizeof *notes);
    gm_free(result->notes);
    result->notes = notes;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(notes[result->note_count++], sizeof *notes, format, arguments);
    va_end(arguments);
}
