/* Groups of options that several verbs share, as argp children. A verb lists the groups that it takes; --help
 * and the parser read the same tables. Each parse function receives its group's struct as input. */
#ifndef GM_CLI_OPTIONS_H
#define GM_CLI_OPTIONS_H

#include "cli/cli.h"

#include <argp.h>

/* Which data, and how to read it. */
typedef struct cli_data_options {
    const char *data; /* file or directory; NULL if not given */
    gm_dataset_options read;
} cli_data_options;

/* A network as the user describes it; what is not given is chosen later, from the data. */
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

/* Who computes, and how it learns. */
typedef struct cli_engine_options {
    gm_engine_options engine;
    bool has_batch;
    gm_optimizer given; /* while parsing: the fields that were given, the others NaN */
} cli_engine_options;

extern const struct argp cli_data_argp, cli_network_argp, cli_compute_argp, cli_optimizer_argp;

/* Every default set; to be called before parsing. */
cli_data_options cli_data_defaults(void);
cli_network_options cli_network_defaults(void);
cli_engine_options cli_engine_defaults(gm_optimizer_kind kind);
void cli_network_clear(cli_network_options *options);

/* What is chosen for a training set of so many rows where nothing was given. */
size_t cli_default_batch(size_t rows);
size_t cli_default_epochs(size_t rows, size_t batch);

/* Numbers of an option; a text that is none ends the program through argp_error with the option's name. */
size_t cli_size(const char *option, const char *text, size_t least, struct argp_state *state);
double cli_number(const char *option, const char *text, struct argp_state *state);

/* The text as it is; an empty one, such as of a shell variable that is not set, ends the program as above. */
const char *cli_path(const char *option, const char *text, struct argp_state *state);

/* The loss of a network without data: of classes, or of numbers if there is one output. The widths must be
 * there. */
gm_loss cli_default_loss(const cli_network_options *options);

/* The options as a network: widths and activations completed, `fallback` used where no loss was given.
 * *layers is to be freed. The widths must be there. GM_USAGE names what does not fit. */
gm_status cli_network_describe(const cli_network_options *options, gm_loss fallback,
                               gm_network_options *network, gm_layer_options **layers, gm_error *error);

#endif
