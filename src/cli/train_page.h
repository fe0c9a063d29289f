/* What the report page of `train` needs of a run: its epochs, and figures of the training rows that are made
 * in the same way as those of the validation rows. */
#ifndef GM_CLI_TRAIN_PAGE_H
#define GM_CLI_TRAIN_PAGE_H

#include "cli/train_report.h"
#include "cli/train_setup.h"

#include <jansson.h>

typedef struct cli_train_page {
    const char *path; /* NULL: no page is wanted, and no function does anything */
    const cli_train_setup *setup;
    const gm_dataset *valid;   /* NULL: none */
    gm_dataset *sample, *rest; /* of the training rows: those that are evaluated, and the others */
    json_t *epochs;
} cli_train_page;

/* Begins a page. After each epoch it evaluates as many training rows as there are validation rows, at least
 * 1,000, drawn at random. GM_LIMIT. To be closed even after a failure. */
gm_status cli_train_page_open(cli_train_page *page, const char *path, const cli_train_setup *setup,
                              gm_error *error);
gm_status cli_train_page_epoch(cli_train_page *page, const gm_epoch *epoch, gm_error *error);

/* Evaluates the network that is kept, and writes the page. `fault`: the message of a training that diverged,
 * or NULL. */
gm_status cli_train_page_write(cli_train_page *page, const char *data, const cli_train_end *end,
                               const char *fault, gm_error *error);
void cli_train_page_close(cli_train_page *page);

#endif
