/* Prints the figures of `eval`, as text or as JSON. */
#ifndef GM_CLI_EVALUATION_REPORT_H
#define GM_CLI_EVALUATION_REPORT_H

#include <gradmill/evaluation.h>
#include <jansson.h>

/* An evaluation and the names that go with it. */
typedef struct cli_evaluation {
    const gm_evaluation *figures;
    const gm_dataset *dataset; /* for the names of the classes */
    const gm_columns *columns; /* of the model, for the names of the targets; may be NULL */
    gm_loss loss;              /* of the network */
} cli_evaluation;

/* The name of a numeric target; NULL: it has none. */
const char *cli_evaluation_target(const cli_evaluation *evaluation, size_t target);

/* Prints text for 80 columns: the figures of the whole, a table of classes or targets, and the confusion
 * matrix, or the most frequent errors where it is too wide. A figure that is not defined is left out, or "-"
 * in a table. */
void cli_evaluation_print(const cli_evaluation *evaluation);

/* Prints one JSON object. Figures that are not defined, or not finite, are null. If an output is not finite,
 * there are only rows, loss and accuracy or RMSE. */
gm_status cli_evaluation_print_json(const cli_evaluation *evaluation, gm_error *error);
/* That object; NULL without memory. */
json_t *cli_evaluation_json(const cli_evaluation *evaluation);

#endif
