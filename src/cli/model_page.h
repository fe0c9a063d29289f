/* The report page of `train` and `eval`: one HTML file with everything in it (page.h). model_page.js shows
 * what it holds. */
#ifndef GM_CLI_MODEL_PAGE_H
#define GM_CLI_MODEL_PAGE_H

#include "cli/evaluation_report.h"
#include "model/file_kind.h"

#include <jansson.h>

extern const gm_file_kind gm_kind_model_page;

/* Keeps the command line for the page. Call it before the options are parsed, which may change them. */
void cli_model_page_command(int argc, char **argv);

typedef struct cli_model_page {
    const char *path;
    const char *verb;                 /* "train" */
    const char *data;                 /* path of the data */
    const gm_network *network;        /* that was trained or judged */
    const cli_evaluation *evaluation; /* NULL: none */
    const char *rows;                 /* what was evaluated: "the validation rows" */
} cli_model_page;

/* Writes the page durably. `more` are the keys of the verb, which now belong to this function; NULL stands
 * for lack of memory. GM_IO, GM_LIMIT. */
gm_status cli_model_page_write(const cli_model_page *page, json_t *more, gm_error *error);

#endif
