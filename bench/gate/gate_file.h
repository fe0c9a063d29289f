/* The samples in a JSON output that has the structure of Google Benchmark's. gradmill writes such files, and
 * so do other programs. */
#ifndef GM_BENCH_GATE_GATE_FILE_H
#define GM_BENCH_GATE_GATE_FILE_H

#include <gradmill/status.h>
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

typedef struct gm_gate_file {
    const char *path;
    json_t *rows;       /* run name -> array of its entries, in the file's order */
    const char **names; /* borrowed from rows */
    size_t count;
    json_t *untimed; /* run names without any sample -> null */
} gm_gate_file;

/* The repetitions of one benchmark. */
typedef struct gm_gate_series {
    double *seconds;
    double *peaks; /* FLOP/s; NULL unless every repetition has one */
    size_t count;
} gm_gate_series;

/* GM_IO; GM_BAD_DATA: not JSON, not of this shape, or without any timing. */
gm_status gm_gate_file_load(gm_gate_file *file, const char *path, gm_error *error);
void gm_gate_file_clear(gm_gate_file *file);

const char *gm_gate_file_name(const gm_gate_file *file, size_t index); /* NULL past the last */
/* The names of rows that were not timed, such as a peer that is not installed; NULL past the last. */
const char *gm_gate_file_untimed(const gm_gate_file *file, size_t index);
bool gm_gate_file_has(const gm_gate_file *file, const char *name);

/* The repetitions of one benchmark; empty if the file does not have it. GM_BAD_DATA: a time is not a positive
 * number. */
gm_status gm_gate_file_series(const gm_gate_file *file, const char *name, gm_gate_series *series,
                              gm_error *error);
void gm_gate_series_clear(gm_gate_series *series);

#endif
