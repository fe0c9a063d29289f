/* The result of a benchmark case: a table with named columns, and the samples of each row. Cases fill it, and
 * outputs (output.h) show it. */
#ifndef GM_BENCH_OUTPUT_RESULT_H
#define GM_BENCH_OUTPUT_RESULT_H

#include "bench/output/columns.h"

#include <gradmill/status.h>
#include <stdbool.h>
#include <stddef.h>

/* Empty: text "" and number NaN. */
typedef struct gm_cell {
    double number;
    char text[64];
} gm_cell;

typedef struct gm_result_row {
    char name[192];  /* unique in a result, stable between runs: "step/784-128-10/batch:64/blas/threads:2" */
    gm_cell *cells;  /* one for each column */
    double *samples; /* seconds of one iteration, one for each round; NULL if nothing was timed */
    double *peaks;   /* FLOP/s of the reference loop around each sample (reference.h); NULL if not taken */
    size_t sample_count;
    size_t iterations; /* within one sample */
    size_t threads;
    char fault[400]; /* why nothing could be timed; empty otherwise */
} gm_result_row;

typedef struct gm_result {
    const char *benchmark;           /* the case: "step" */
    char title[256];                 /* one line for people */
    const gm_column *const *columns; /* static storage */
    size_t column_count;
    gm_result_row *rows;
    size_t row_count, row_capacity;
    char (*notes)[512]; /* lines below the table: warnings, how to read it */
    size_t note_count;
} gm_result;

/* Empty, with these columns. */
gm_result gm_result_make(const char *benchmark, const gm_column *const *columns, size_t column_count);
void gm_result_clear(gm_result *result);

/* A new row with empty cells; NULL without memory (*error is set). Pointers to rows are good until the next
 * add. */
gm_result_row *gm_result_add(gm_result *result, gm_error *error, const char *name_format, ...)
    __attribute__((format(printf, 3, 4)));

/* Fill the cell of a column. The program aborts if the result does not have the column, or its type is the
 * other one. This is a mistake in the source, not of the user. */
void gm_result_number(gm_result *result, gm_result_row *row, const gm_column *column, double value);
void gm_result_text(gm_result *result, gm_result_row *row, const gm_column *column, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Stores the reason why a row has no samples: its measurement failed. */
void gm_result_fault(gm_result_row *row, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Copies of samples and (may be NULL) peaks. */
gm_status gm_result_samples(gm_result_row *row, const double *samples, const double *peaks, size_t count,
                            size_t iterations, gm_error *error);

/* GM_CHECK if there are rows and all of them failed, so that nothing was measured. The error has the reason
 * of the first row. */
gm_status gm_result_check(const gm_result *result, gm_error *error);

/* Adds a line below the table. If there is no memory, the line is lost; this is not an error. */
void gm_result_note(gm_result *result, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* One note for all rows whose samples differ by more than 5 %, by the column of the spread; none if there are
 * no such rows. */
void gm_result_note_noise(gm_result *result);

#endif
