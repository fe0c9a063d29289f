/* Reads a JSON output of gradmill or Google Benchmark. It uses the single repetitions ("run_type":
 * "iteration") and ignores aggregates such as medians. */
#include "bench/gate/gate_file.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/names.h"
#include "data/source.h"
#include "model/json_reader.h"
#include "model/printable.h"

#include <math.h>
#include <string.h>

/* Limits the time and memory of the test, which compares all pairs of repetitions. */
#define MOST_SAMPLES 4096

static gm_status parse(json_t **root, const char *path, const char *text, size_t size, gm_error *error)
{
    gm_error reason = {0};
    const gm_json_source from = {path, GM_BAD_DATA, &reason};
    const gm_status status = gm_json_parse(&from, text, size, root);
    if (status == GM_BAD_DATA)
        return gm_fail(error, status, "%s; expected what 'gradmill bench' writes with --out or -o json",
                       reason.message);
    return status == GM_OK ? status : gm_fail(error, status, "%s", reason.message);
}

static gm_status read_json(json_t **root, const char *path, gm_error *error)
{
    gm_source source;
    char *text = NULL;
    size_t size;
    gm_status status = gm_source_open(&source, path, error);
    if (status == GM_OK)
        status = gm_source_read_all(&source, &text, &size, error);
    gm_source_close(&source);
    if (status == GM_OK)
        status = parse(root, path, text, size, error);
    gm_free(text);
    return status;
}

/* A row that was not timed, such as a peer that is not installed, has an entry with no iterations. */
static bool is_repetition(const json_t *entry)
{
    const char *type = json_string_value(json_object_get(entry, "run_type"));
    const json_t *iterations = json_object_get(entry, "iterations");
    const bool untimed = json_is_integer(iterations) && json_integer_value(iterations) == 0;
    return json_is_object(entry) && (type ? strcmp(type, "iteration") == 0 : true) && !untimed &&
           !json_is_true(json_object_get(entry, "error_occurred"));
}

static const char *name_of(const json_t *entry)
{
    const char *name = json_string_value(json_object_get(entry, "run_name"));
    return name ? name : json_string_value(json_object_get(entry, "name"));
}

/* Adds an entry to the list of its name. */
static gm_status file_entry(gm_gate_file *file, json_t *entry, size_t index, gm_error *error)
{
    const char *name = name_of(entry);
    if (!name)
        return gm_fail(error, GM_BAD_DATA, "%s: benchmarks[%zu] has no name", file->path, index);
    json_t *entries = json_object_get(file->rows, name);
    if (!entries) {
        entries = json_array();
        if (json_object_set_new(file->rows, name, entries) != 0)
            return gm_fail(error, GM_LIMIT, "%s: no memory", file->path);
    }
    if (json_array_size(entries) == MOST_SAMPLES)
        return gm_fail(error, GM_LIMIT, "%s: %s: more than %d repetitions", file->path,
                       gm_printable(name).text, MOST_SAMPLES);
    return json_array_append(entries, entry) == 0 ? GM_OK
                                                  : gm_fail(error, GM_LIMIT, "%s: no memory", file->path);
}

/* Remembers a row that was not timed, unless other entries of its name were. */
static gm_status file_untimed(gm_gate_file *file, const json_t *entry, gm_error *error)
{
    const char *type = json_string_value(json_object_get(entry, "run_type")), *name = name_of(entry);
    if (!name || (type && strcmp(type, "iteration") != 0))
        return GM_OK; /* an aggregate is ignored */
    return json_object_set_new(file->untimed, name, json_null()) == 0
               ? GM_OK
               : gm_fail(error, GM_LIMIT, "%s: no memory", file->path);
}

static gm_status list_names(gm_gate_file *file, gm_error *error)
{
    const size_t count = json_object_size(file->rows);
    file->names = gm_alloc(count, sizeof *file->names);
    if (!file->names)
        return gm_fail_memory(error, "names", count * sizeof *file->names);
    for (void *at = json_object_iter(file->rows); at; at = json_object_iter_next(file->rows, at))
        file->names[file->count++] = json_object_iter_key(at);
    return GM_OK;
}

static gm_status file_entries(gm_gate_file *file, const json_t *root, gm_error *error)
{
    const json_t *benchmarks = json_object_get(root, "benchmarks");
    gm_status status = GM_OK;
    if (!json_is_array(benchmarks))
        return gm_fail(error, GM_BAD_DATA,
                       "%s: no list \"benchmarks\"; expected what 'gradmill bench' writes "
                       "with --out or -o json",
                       file->path);
    for (size_t i = 0; i < json_array_size(benchmarks) && status == GM_OK; i++) {
        json_t *entry = json_array_get(benchmarks, i);
        status = is_repetition(entry) ? file_entry(file, entry, i, error) : file_untimed(file, entry, error);
    }
    if (status == GM_OK && json_object_size(file->rows) == 0)
        status = gm_fail(error, GM_BAD_DATA, "%s: no timings; expected entries with run_type \"iteration\"",
                         file->path);
    return status == GM_OK ? list_names(file, error) : status;
}

gm_status gm_gate_file_load(gm_gate_file *file, const char *path, gm_error *error)
{
    json_t *root = NULL;
    *file = (gm_gate_file){.path = path, .rows = json_object(), .untimed = json_object()};
    gm_status status =
        file->rows && file->untimed ? read_json(&root, path, error) : gm_fail_memory(error, path, 0);
    if (status == GM_OK)
        status = file_entries(file, root, error);
    json_decref(root);
    return status;
}

void gm_gate_file_clear(gm_gate_file *file)
{
    gm_free(file->names);
    json_decref(file->rows);
    json_decref(file->untimed);
    *file = (gm_gate_file){0};
}

const char *gm_gate_file_name(const gm_gate_file *file, size_t index)
{
    return index < file->count ? file->names[index] : NULL;
}

const char *gm_gate_file_untimed(const gm_gate_file *file, size_t index)
{
    void *at = json_object_iter(file->untimed);
    for (; at; at = json_object_iter_next(file->untimed, at)) {
        const char *name = json_object_iter_key(at);
        if (!gm_gate_file_has(file, name) && index-- == 0)
            return name;
    }
    return NULL;
}

bool gm_gate_file_has(const gm_gate_file *file, const char *name)
{
    return json_object_get(file->rows, name) != NULL;
}

/* Seconds in one unit of "time_unit"; Google's default is ns. 0: unknown. */
static double unit_of(const json_t *entry)
{
    static const struct {
        const char *name;
        double seconds;
    } units[] = {{"ns", 1e-9}, {"us", 1e-6}, {"ms", 1e-3}, {"s", 1}};
    const char *name = json_string_value(json_object_get(entry, "time_unit"));
    const size_t index = GM_FIND_ROW(units, name ? name : "ns");
    return index < GM_ROWS(units) ? units[index].seconds : 0;
}

/* The value of the key if it is a positive number, else 0. */
static double positive_of(const json_t *entry, const char *key, double unit)
{
    const double value = json_number_value(json_object_get(entry, key)) * unit;
    return value > 0 && isfinite(value) ? value : 0;
}

static gm_status fill_series(const gm_gate_file *file, const char *name, const json_t *entries,
                             gm_gate_series *series, gm_error *error)
{
    bool complete = true;
    for (size_t i = 0; i < series->count; i++) {
        const json_t *entry = json_array_get(entries, i);
        series->seconds[i] = positive_of(entry, "real_time", unit_of(entry));
        series->peaks[i] = positive_of(entry, "peak_flops", 1);
        complete &= series->peaks[i] > 0;
        if (!(series->seconds[i] > 0))
            return gm_fail(error, GM_BAD_DATA,
                           "%s: %s, repetition %zu: no time; expected real_time > 0 and a time_unit of ns, "
                           "us, ms or s",
                           file->path, gm_printable(name).text, i + 1);
    }
    if (!complete) {
        gm_free(series->peaks);
        series->peaks = NULL;
    }
    return GM_OK;
}

gm_status gm_gate_file_series(const gm_gate_file *file, const char *name, gm_gate_series *series,
                              gm_error *error)
{
    const json_t *entries = json_object_get(file->rows, name);
    *series = (gm_gate_series){.count = json_array_size(entries)};
    if (series->count == 0)
        return GM_OK;
    series->seconds = gm_alloc(series->count, sizeof *series->seconds);
    series->peaks = gm_alloc(series->count, sizeof *series->peaks);
    if (!series->seconds || !series->peaks)
        return gm_fail_memory(error, "samples", 2 * series->count * sizeof *series->seconds);
    return fill_series(file, name, entries, series, error);
}

void gm_gate_series_clear(gm_gate_series *series)
{
    gm_free(series->seconds);
    gm_free(series->peaks);
    *series = (gm_gate_series){0};
}
