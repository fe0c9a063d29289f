/* A row for each option of `train` that has a value even if it is not given. */
#include "cli/train_config.h"
#include "base/names.h"
#include "base/number.h"
#include "cli/config.h"
#include "cli/names.h"
#include "cli/train_from.h"
#include "data/dataset.h"
#include "function/facts.h"

#include <inttypes.h>
#include <string.h>

/* What the values are read from. */
typedef struct run {
    const cli_train_options *options;
    const cli_train_setup *setup;
} run;

static bool write_size(size_t value, FILE *out)
{
    fprintf(out, "%zu", value);
    return true;
}

static bool write_number(double value, FILE *out)
{
    char text[32];
    fputs(gm_format_shortest(text, sizeof text, value), out);
    return true;
}

static bool write_word(const char *word, FILE *out)
{
    if (word)
        fputs(word, out);
    return word != NULL;
}

/* ---- the data ---- */

static bool write_target(const run *r, FILE *out)
{
    /* Several targets were named by the user. */
    return !r->options->data.read.target && write_word(gm_dataset_target_name(r->setup->all, 0), out);
}

static bool write_delimiter(const run *r, FILE *out)
{
    const char delimiter = r->options->data.read.delimiter, text[] = {delimiter, '\0'};
    if (gm_dataset_format(r->setup->all) != GM_FORMAT_CSV || delimiter == '\0')
        return false;
    return write_word(delimiter == '\t' ? "tab" : delimiter == ' ' ? "blanks" : text, out);
}

static bool write_missing(const run *r, FILE *out)
{
    return gm_dataset_format(r->setup->all) != GM_FORMAT_IDX &&
           write_word(cli_missing_names((size_t)r->options->data.read.missing), out);
}

static bool write_categories(const run *r, FILE *out)
{
    if (gm_dataset_format(r->setup->all) != GM_FORMAT_CSV)
        return false;
    fprintf(out, "%zu", r->options->data.columns.categories);
    return true;
}

/* ---- the network ---- */

static bool write_layers(const run *r, FILE *out)
{
    const gm_network *network = r->setup->model.network;
    fprintf(out, "%zu", gm_network_layer(network, 0).inputs);
    for (size_t l = 0; l < gm_network_layer_count(network); l++)
        fprintf(out, ",%zu", gm_network_layer(network, l).outputs);
    return true;
}

static bool write_activations(const run *r, FILE *out)
{
    const gm_network *network = r->setup->model.network;
    for (size_t l = 0; l < gm_network_layer_count(network); l++)
        fprintf(out, "%s%s", l > 0 ? "," : "", gm_activation_name(gm_network_layer(network, l).activation));
    return true;
}

static bool write_loss(const run *r, FILE *out)
{
    return write_word(gm_loss_name(gm_network_loss(r->setup->model.network)), out);
}

static bool write_init(const run *r, FILE *out)
{
    return write_word(gm_init_name(r->options->network.init), out);
}

static bool write_precision(const run *r, FILE *out)
{
    return write_word(gm_precision_name(r->options->network.precision), out);
}

static bool write_seed(const run *r, FILE *out)
{
    fprintf(out, "%" PRIu64, r->options->network.seed);
    return true;
}

/* ---- the computation and the optimizer ---- */

static bool write_backend(const run *r, FILE *out)
{
    return write_word(gm_engine_backend(r->setup->engine), out);
}

static bool write_batch(const run *r, FILE *out)
{
    return write_size(gm_engine_batch(r->setup->engine), out);
}

static bool write_optimizer(const run *r, FILE *out)
{
    return write_word(gm_optimizer_name(r->options->engine.engine.optimizer.kind), out);
}

/* ---- the training ---- */

static bool write_epochs(const run *r, FILE *out)
{
    return write_size(r->options->train.epochs, out);
}

static bool write_schedule(const run *r, FILE *out)
{
    return write_word(gm_schedule_name(r->options->train.schedule), out);
}

static bool write_share(const run *r, FILE *out)
{
    return !r->options->valid && write_number(r->options->share, out);
}

static bool write_scaling(const run *r, FILE *out)
{
    return write_word(gm_scaling_name(r->options->scaling), out);
}

static bool write_target_scaling(const run *r, FILE *out)
{
    return !gm_dataset_has_labels(r->setup->all) &&
           write_word(gm_scaling_name(r->options->target_scaling), out);
}

/* Without a validation set, only the last epoch can be kept, and no figure chooses it. */
static bool write_keep(const run *r, FILE *out)
{
    const gm_keep keep = r->options->train.keep;
    return keep != GM_KEEP_AUTO && write_word(gm_keep_name(keep), out);
}

static bool write_monitor(const run *r, FILE *out)
{
    return r->setup->valid && gm_dataset_rows(r->setup->valid) > 0 &&
           write_word(gm_monitor_name(r->options->train.monitor), out);
}

static const struct {
    const char *name; /* of the option */
    bool (*write)(const run *r, FILE *out);
} values[] = {
    {"target", write_target},       {"delim", write_delimiter},
    {"missing", write_missing},     {"categories", write_categories},
    {"layers", write_layers},       {"activation", write_activations},
    {"loss", write_loss},           {"init", write_init},
    {"precision", write_precision}, {"seed", write_seed},
    {"backend", write_backend},     {"batch", write_batch},
    {"optimizer", write_optimizer}, {"epochs", write_epochs},
    {"schedule", write_schedule},   {"valid-share", write_share},
    {"scaling", write_scaling},     {"target-scaling", write_target_scaling},
    {"keep", write_keep},           {"monitor", write_monitor},
};

/* The settings that the optimizer reads are options of their own. */
static bool write_setting(const run *r, const char *option, FILE *out)
{
    gm_optimizer optimizer = r->options->engine.engine.optimizer;
    for (gm_setting s = 0; s < GM_SETTING_COUNT; s++)
        if (gm_optimizer_reads(optimizer.kind, s) && strcmp(gm_facts_of_settings[s].name, option) == 0)
            return write_number(*gm_setting_of(&optimizer, s), out);
    return false;
}

static bool write_value(const void *context, const char *option, FILE *out)
{
    const run *r = context;
    if (r->options->init_from && cli_train_from_decides(option))
        return false;
    const size_t row = GM_FIND_ROW(values, option);
    return row < GM_ROWS(values) ? values[row].write(r, out) : write_setting(r, option, out);
}

char *cli_train_config(const cli_train_options *options, const cli_train_setup *setup)
{
    const run context = {options, setup};
    return cli_config_text(&cli_train_argp, write_value, &context);
}
