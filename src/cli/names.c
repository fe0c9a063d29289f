/* Options whose value is one of a few names. The lists of names are made from the tables of the library, so
 * that help and messages include a new activation or optimizer without a change here. */
#include "cli/names.h"
#include "base/append.h"
#include "base/suggest.h"
#include "bench/output/output.h"
#include "cli/cli.h"
#include "function/facts.h"

#include <gradmill.h>

#define MOST_NAMES 64

const char *cli_activation_names(size_t index)
{
    return index < GM_ACTIVATION_COUNT ? gm_activation_name((gm_activation)index) : NULL;
}

/* All but those for the output layer only, which are the last ones. */
const char *cli_hidden_activation_names(size_t index)
{
    const bool hidden = index < GM_ACTIVATION_COUNT && !gm_facts_of_activations[index].output_only;
    return hidden ? gm_activation_name((gm_activation)index) : NULL;
}

const char *cli_loss_names(size_t index)
{
    return index < GM_LOSS_COUNT ? gm_loss_name((gm_loss)index) : NULL;
}

/* All but the constant, the last one, which makes all units of a layer equal. It is for worked examples. */
const char *cli_init_names(size_t index)
{
    _Static_assert(GM_INIT_CONSTANT == GM_INIT_COUNT - 1, "a constant is the last way to begin");
    return index < GM_INIT_CONSTANT ? gm_init_name((gm_init)index) : NULL;
}

const char *cli_precision_names(size_t index)
{
    return index <= GM_F64 ? gm_precision_name((gm_precision)index) : NULL;
}

const char *cli_optimizer_names(size_t index)
{
    return index < GM_OPTIMIZER_COUNT ? gm_optimizer_name((gm_optimizer_kind)index) : NULL;
}

const char *cli_schedule_names(size_t index)
{
    return index < GM_SCHEDULE_COUNT ? gm_schedule_name((gm_schedule)index) : NULL;
}

/* Without "auto": what it stands for is the default of the option. */
const char *cli_keep_names(size_t index)
{
    return index + 1 < GM_KEEP_COUNT ? gm_keep_name((gm_keep)(index + 1)) : NULL;
}

const char *cli_monitor_names(size_t index)
{
    return index < GM_MONITOR_COUNT ? gm_monitor_name((gm_monitor)index) : NULL;
}

const char *cli_scaling_names(size_t index)
{
    return index <= GM_SCALING_STANDARD ? gm_scaling_name((gm_scaling_kind)index) : NULL;
}

/* Targets are numbers, so that unit, which is for bytes, is not among these. */
static const gm_scaling_kind target_scalings[] = {GM_SCALING_AUTO, GM_SCALING_NONE, GM_SCALING_STANDARD};

const char *cli_target_scaling_names(size_t index)
{
    return index < sizeof target_scalings / sizeof *target_scalings ? gm_scaling_name(target_scalings[index])
                                                                    : NULL;
}

gm_scaling_kind cli_target_scaling(size_t index)
{
    return target_scalings[index];
}

const char *cli_format_names(size_t index)
{
    return gm_format_name(index);
}

const char *cli_missing_names(size_t index)
{
    static const char *const names[] = {
        [GM_MISSING_AUTO] = "auto",     [GM_MISSING_REFUSE] = "refuse",
        [GM_MISSING_MEAN] = "mean",     [GM_MISSING_DROP] = "drop",
        [GM_MISSING_MEDIAN] = "median", [GM_MISSING_MOST_FREQUENT] = "most-frequent"};
    return index < sizeof names / sizeof *names ? names[index] : NULL;
}

const char *cli_no_yes_names(size_t index)
{
    static const char *const names[] = {"no", "yes"};
    return index < sizeof names / sizeof *names ? names[index] : NULL;
}

const char *cli_backend_names(size_t index)
{
    const char *name = gm_backend_name(index);
    return name ? name : index > 0 && gm_backend_name(index - 1) ? "auto" : NULL;
}

const char *cli_list_names(char *buffer, size_t size, cli_names *names)
{
    size_t used = 0;
    buffer[0] = '\0';
    for (size_t i = 0; names(i); i++)
        used = gm_append(buffer, size, used, "%s%s", i == 0 ? "" : names(i + 1) ? ", " : " or ", names(i));
    return buffer;
}

const char *cli_suggest(const char *text, cli_names *names)
{
    const char *list[MOST_NAMES];
    size_t count = 0;
    while (count < MOST_NAMES && names(count)) {
        list[count] = names(count);
        count++;
    }
    return gm_suggest(text, list, count);
}

size_t cli_choose(const char *option, const char *text, cli_names *names, struct argp_state *state)
{
    const size_t index = gm_find_listed(names, text);
    if (names(index))
        return index;
    char list[400];
    const char *meant = cli_suggest(text, names);
    cli_refuse(state, "--%s %s: expected %s%s", option, text, cli_list_names(list, sizeof list, names),
               gm_did_you_mean(meant).text);
}
