/* Code that the outputs share, and the function of each format. Only for files of this folder. */
#ifndef GM_BENCH_OUTPUT_OUTPUT_PARTS_H
#define GM_BENCH_OUTPUT_OUTPUT_PARTS_H

#include "bench/output/output.h"

/* The text of a cell for people. Returns buffer. */
const char *gm_cell_text(char *buffer, size_t size, const gm_column *column, const gm_cell *cell);
bool gm_cell_is_empty(const gm_column *column, const gm_cell *cell);

/* Whether any row has a value in this column. Empty columns are not shown to people. */
bool gm_column_is_used(const gm_result *result, size_t column);

typedef struct gm_line {
    const char *label;
    char text[1200];
} gm_line;

/* Describes the environment for people. Returns the number of lines. */
#define GM_MOST_LINES 6
size_t gm_environment_lines(const gm_environment *environment, gm_line lines[GM_MOST_LINES]);

gm_status gm_output_table(const gm_result *result, const gm_environment *environment, FILE *out,
                          gm_error *error);
gm_status gm_output_markdown(const gm_result *result, const gm_environment *environment, FILE *out,
                             gm_error *error);
gm_status gm_output_csv(const gm_result *result, const gm_environment *environment, FILE *out,
                        gm_error *error);
gm_status gm_output_json(const gm_result *result, const gm_environment *environment, FILE *out,
                         gm_error *error);

#endif
