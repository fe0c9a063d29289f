/* Groups of options that several verbs share, as argp children. A verb lists the groups that it takes; --help
 * and the parser read the same tables. Each parse function receives its group's struct as input. */
#ifndef GM_CLI_OPTIONS_H
#define GM_CLI_OPTIONS_H

#include "cli/cli.h"

#include <argp.h>

/* Which data, and how to read it. */
typedef struct cli_data_options {
    const char *data; /* file or directory, or a name of several files for messages; NULL if not given */
    const char *const *files; /* their paths; owned by cli_divide_value */
    size_t file_count;
    gm_dataset_options read;
    gm_columns_options columns; /* of training */
} cli_data_options;

/* A network as the user describes it. Fields that are not given are chosen later, from the data. */
typedef struct cli_network_options {
    size_t *widths; /* width_count numbers: inputs, hidden ..., outputs; NULL if not given */
    size_t width_count;
    gm_activation *activations; /* as given: one for all hidden layers, or one for each layer */
    size_t activation_count;
    bool has_loss;
    gm_loss loss;
    gm_precision precision;
    gm_init init;
    uint64_t seed;
} cli_network_options;

#define CLI_MOST_DROPOUTS 64

/* Backend, threads and precision, the settings of the optimizer, and what else a step does. */
typedef struct cli_engine_options {
    gm_engine_options engine;
    bool has_batch;
    double dropout[CLI_MOST_DROPOUTS]; /* engine.dropout points here, if it was given */
    size_t accumulate;                 /* batches that make a step */
    gm_optimizer given;                /* while parsing: the fields that were given, the others NaN */
} cli_engine_options;

extern const struct argp cli_data_argp, cli_columns_argp, cli_network_argp, cli_compute_argp,
    cli_optimizer_argp, cli_step_argp;
/* Its input is a gm_train_options. */
extern const struct argp cli_schedule_argp;

/* Options with all defaults. Parsing begins with these. */
cli_data_options cli_data_defaults(void);
cli_network_options cli_network_defaults(void);
cli_engine_options cli_engine_defaults(gm_optimizer_kind kind);
void cli_network_clear(cli_network_options *options);

/* The default of the batch for a training set with this number of rows, and that of the epochs, each of so
 * many steps. */
size_t cli_default_batch(size_t rows);
size_t cli_default_epochs(size_t steps);

/* Read a number. If the text is not a number, the program ends with a message that names the option. */
size_t cli_size(const char *option, const char *text, size_t least, struct argp_state *state);
double cli_number(const char *option, const char *text, struct argp_state *state);
/* Reads a number that must be at least 0 and below `end`, which may be INFINITY. */
double cli_number_below(const char *option, const char *text, double end, struct argp_state *state);
/* Reads a number that must be above 0. */
double cli_positive(const char *option, const char *text, struct argp_state *state);

/* A path that is written to: not "-", which is standard input elsewhere. */
const char *cli_output_path(const char *option, const char *text, struct argp_state *state);

/* Returns the text. If it is empty, as that of a shell variable that is not set, the program ends with a
 * message. */
const char *cli_path(const char *option, const char *text, struct argp_state *state);

/* The default loss if there is no data: the loss for classes, or the loss for numbers if there is one output.
 * The widths must be set. */
gm_loss cli_default_loss(const cli_network_options *options);

/* Makes the description of a network from the options. Activations that were not given are chosen; if no loss
 * was given, `fallback` is used. The widths must be set. The caller frees *layers. GM_USAGE: options
 * contradict each other. */
gm_status cli_network_describe(const cli_network_options *options, gm_loss fallback,
                               gm_network_options *network, gm_layer_options **layers, gm_error *error);

#endif
