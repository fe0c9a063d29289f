/* Output as JSON with the structure of Google Benchmark's, so that its tools can read it. There is an entry
 * for each sample, and then entries for the aggregates; the entry of the median has the columns of the row.
 * Processor time is not measured, so cpu_time is the same as real_time. */
#include "bench/output/output_json.h"
#include "base/error.h"
#include "base/memory.h"
#include "bench/output/output_parts.h"
#include "bench/measure/statistics.h"

#include <math.h>
#include <string.h>

#define NANOSECONDS 1e9

json_t *gm_json_cell(const gm_column *column, const gm_cell *cell)
{
    if (column->decimals == GM_COLUMN_TEXT)
        return gm_json_printable(cell->text);
    const bool whole = column->decimals == 0 && isfinite(cell->number) && fabs(cell->number) < 0x1p53 &&
                       cell->number == trunc(cell->number);
    return whole ? json_integer((json_int_t)cell->number) : gm_json_real(cell->number);
}

/* The texts of a row, joined into one. */
static json_t *join_texts(const gm_result *result, const gm_result_row *row)
{
    char label[1024] = "";
    size_t used = 0;
    for (size_t i = 0; i < result->column_count; i++) {
        const bool shown = result->columns[i]->decimals == GM_COLUMN_TEXT && row->cells[i].text[0];
        if (shown && used + sizeof row->cells[i].text + 1 < sizeof label)
            used += (size_t)snprintf(label + used, sizeof label - used, "%s%s", used > 0 ? " " : "",
                                     row->cells[i].text);
    }
    return gm_json_printable(label);
}

/* Makes an entry without its time. `suffix` is "" or "_median". */
static json_t *entry(const gm_result *result, size_t index, const char *suffix, const char *type,
                     size_t iterations)
{
    const gm_result_row *row = &result->rows[index];
    char name[sizeof row->name + 16];
    snprintf(name, sizeof name, "%s%s", row->name, suffix);
    return json_pack("{s:o, s:i, s:I, s:o, s:s, s:I, s:I, s:I, s:o}", "name", gm_json_printable(name),
                     "family_index", 0, "per_family_instance_index", (json_int_t)index, "run_name",
                     gm_json_printable(row->name), "run_type", type, "repetitions",
                     (json_int_t)gm_max(row->sample_count, 1), "threads", (json_int_t)row->threads,
                     "iterations", (json_int_t)iterations, "label", join_texts(result, row));
}

static bool set(json_t *object, const char *key, json_t *value)
{
    return json_object_set_new(object, key, value) == 0;
}

static bool set_time(json_t *object, double time)
{
    return set(object, "real_time", gm_json_real(time)) && set(object, "cpu_time", gm_json_real(time)) &&
           set(object, "time_unit", json_string("ns"));
}

/* The columns as counters. A name that Google Benchmark uses itself ("threads") gets a prefix. */
static bool set_columns(json_t *object, const gm_result *result, const gm_result_row *row)
{
    for (size_t i = 0; i < result->column_count; i++) {
        const gm_column *column = result->columns[i];
        char key[128];
        if (gm_cell_is_empty(column, &row->cells[i]) ||
            (column->decimals != GM_COLUMN_TEXT && !isfinite(row->cells[i].number)))
            continue;
        snprintf(key, sizeof key, "%s%s", json_object_get(object, column->key) ? "column_" : "", column->key);
        if (!set(object, key, gm_json_cell(column, &row->cells[i])))
            return false;
    }
    return true;
}

static bool append_sample(json_t *list, const gm_result *result, size_t index, size_t sample)
{
    const gm_result_row *row = &result->rows[index];
    json_t *e = entry(result, index, "", "iteration", row->iterations);
    bool done = e && set_time(e, row->samples[sample] * NANOSECONDS) &&
                set(e, "repetition_index", json_integer((json_int_t)sample));
    if (done && row->peaks)
        done = set(e, "peak_flops", gm_json_real(row->peaks[sample]));
    return json_array_append_new(list, e) == 0 && done;
}

static bool append_aggregate(json_t *list, const gm_result *result, size_t index, const char *name,
                             double value)
{
    const gm_result_row *row = &result->rows[index];
    const bool share = strcmp(name, "cv") == 0, median = strcmp(name, "median") == 0;
    char suffix[16];
    snprintf(suffix, sizeof suffix, "_%s", name);
    json_t *e = entry(result, index, suffix, "aggregate", row->sample_count);
    bool done = e && set_time(e, share ? value : value * NANOSECONDS) &&
                set(e, "aggregate_name", json_string(name)) &&
                set(e, "aggregate_unit", json_string(share ? "percentage" : "time"));
    if (done && median)
        done = set_columns(e, result, row);
    return json_array_append_new(list, e) == 0 && done;
}

/* Standard deviation of a sample (divided by n - 1); 0 if there is only one. */
static double standard_deviation(const double *samples, size_t count, double mean)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += (samples[i] - mean) * (samples[i] - mean);
    return count > 1 ? sqrt(sum / (double)(count - 1)) : 0;
}

static bool append_timed(json_t *list, const gm_result *result, size_t index)
{
    const gm_result_row *row = &result->rows[index];
    double *scratch = gm_alloc(row->sample_count, sizeof *scratch);
    if (!scratch)
        return false;
    memcpy(scratch, row->samples, row->sample_count * sizeof *scratch);
    const gm_statistics s = gm_statistics_of(scratch, row->sample_count);
    gm_free(scratch);
    const double deviation = standard_deviation(row->samples, row->sample_count, s.mean);
    bool done = true;
    for (size_t i = 0; done && i < row->sample_count; i++)
        done = append_sample(list, result, index, i);
    return done && append_aggregate(list, result, index, "mean", s.mean) &&
           append_aggregate(list, result, index, "median", s.median) &&
           append_aggregate(list, result, index, "stddev", deviation) &&
           append_aggregate(list, result, index, "cv", s.mean > 0 ? deviation / s.mean : 0);
}

/* Marks an entry as failed, as Google Benchmark does; its time is 0. */
static bool set_fault(json_t *object, const char *fault)
{
    return set_time(object, 0) && set(object, "error_occurred", json_true()) &&
           set(object, "error_message", gm_json_printable(fault));
}

/* Adds one entry for a row without samples: it failed, or it is a verdict or a part of a step. The latter has
 * its columns, but no time. */
static bool append_untimed(json_t *list, const gm_result *result, size_t index)
{
    const gm_result_row *row = &result->rows[index];
    json_t *e = entry(result, index, "", "iteration", 0);
    const bool done = e && set(e, "repetition_index", json_integer(0)) &&
                      (!*row->fault || set_fault(e, row->fault)) && set_columns(e, result, row);
    return json_array_append_new(list, e) == 0 && done;
}

static json_t *pack_benchmarks(const gm_result *result)
{
    json_t *list = json_array();
    for (size_t i = 0; list && i < result->row_count; i++) {
        if (result->rows[i].sample_count > 0 ? append_timed(list, result, i)
                                             : append_untimed(list, result, i))
            continue;
        json_decref(list);
        return NULL;
    }
    return list;
}

gm_status gm_output_json(const gm_result *result, const gm_environment *environment, FILE *out,
                         gm_error *error)
{
    json_t *root = json_pack("{s:o, s:o}", "context", gm_json_context(result, environment), "benchmarks",
                             pack_benchmarks(result));
    char *text = root ? gm_json_write(root, JSON_INDENT(2)) : NULL;
    json_decref(root);
    if (!text)
        return gm_fail_memory(error, "the results as JSON", result->row_count * sizeof *result->rows);
    fprintf(out, "%s\n", text); /* the caller checks ferror */
    gm_free(text);
    return GM_OK;
}
