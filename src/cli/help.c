/* Makes help texts and completion words from the lists of names (help.h). */
#include "cli/help.h"
#include "base/append.h"
#include "base/memory.h"
#include "bench/measure/workload.h"
#include "bench/peers/libraries.h"
#include "cli/cli.h"
#include "cli/names.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static const char *net_names(size_t index)
{
    const gm_net *preset = gm_net_preset(index);
    return preset ? preset->name : NULL;
}

static const char *library_names(size_t index)
{
    return gm_library_known(index).name;
}

static const struct {
    const char *list;
    cli_names *names;
} lists[] = {
    {"{activations}", cli_activation_names},
    {"{backends}", cli_backend_names},
    {"{bench-backends}", gm_backend_name},
    {"{cases}", cli_case_names},
    {"{formats}", cli_format_names},
    {"{hidden-activations}", cli_hidden_activation_names},
    {"{inits}", cli_init_names},
    {"{libraries}", library_names},
    {"{losses}", cli_loss_names},
    {"{missing}", cli_missing_names},
    {"{networks}", net_names},
    {"{no-yes}", cli_no_yes_names},
    {"{optimizers}", cli_optimizer_names},
    {"{precisions}", cli_precision_names},
    {"{scalings}", cli_scaling_names},
    {"{target-scalings}", cli_target_scaling_names},
    {"{schedules}", cli_schedule_names},
    {"{keeps}", cli_keep_names},
    {"{monitors}", cli_monitor_names},
};

/* The list whose name in braces a text contains, or NULL. *at is the position of the name, and *length its
 * length. */
static cli_names *find_list(const char *text, const char **at, size_t *length)
{
    for (size_t i = 0; text && i < sizeof lists / sizeof *lists; i++) {
        *at = strstr(text, lists[i].list);
        *length = strlen(lists[i].list);
        if (*at)
            return lists[i].names;
    }
    return NULL;
}

char *cli_fill_names(int key, const char *text, void *input)
{
    char names[CLI_HELP_SIZE], *filled = NULL;
    const char *at;
    size_t length;
    cli_names *list = find_list(text, &at, &length);
    (void)key, (void)input;
    if (list && asprintf(&filled, "%.*s%s%s", (int)(at - text), text,
                         cli_list_names(names, sizeof names, list), at + length) < 0)
        filled = NULL;
    return filled ? filled : (char *)(uintptr_t)text;
}

static double standard_of(gm_optimizer_kind kind, gm_setting setting)
{
    gm_optimizer o = gm_optimizer_default(kind);
    return *gm_setting_of(&o, setting);
}

static bool belongs(gm_optimizer_kind kind, gm_setting setting, double standard)
{
    return gm_optimizer_reads(kind, setting) && (isnan(standard) || standard_of(kind, setting) == standard);
}

size_t cli_append_list(char *buffer, size_t size, size_t used, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const char *separator = i == 0 ? "" : i + 1 == count ? " and " : ", ";
        used = gm_append(buffer, size, used, "%s%s", separator, names[i]);
    }
    return used;
}

/* Appends the optimizers that use a setting with this default (NaN: with any default). */
static size_t append_optimizers(char *buffer, size_t used, gm_setting setting, double standard)
{
    const char *names[GM_OPTIMIZER_COUNT];
    size_t count = 0;
    for (gm_optimizer_kind k = 0; k < GM_OPTIMIZER_COUNT; k++) {
        if (belongs(k, setting, standard))
            names[count++] = gm_optimizer_name(k);
    }
    return cli_append_list(buffer, CLI_HELP_SIZE, used, names, count);
}

const char *cli_setting_readers(char buffer[CLI_HELP_SIZE], gm_setting setting)
{
    append_optimizers(buffer, 0, setting, NAN);
    return buffer;
}

static gm_optimizer_kind first_reader(gm_setting setting)
{
    gm_optimizer_kind kind = 0;
    while (!gm_optimizer_reads(kind, setting))
        kind++;
    return kind;
}

/* Appends the default of the first optimizer that uses the setting, and then every other default with its
 * optimizers. */
static size_t append_defaults(char *buffer, size_t used, gm_setting setting)
{
    const gm_optimizer_kind first = first_reader(setting);
    used = gm_append(buffer, CLI_HELP_SIZE, used, " (default %g", standard_of(first, setting));
    for (gm_optimizer_kind k = first; k < GM_OPTIMIZER_COUNT; k++) {
        const double standard = standard_of(k, setting);
        bool told = !gm_optimizer_reads(k, setting);
        for (gm_optimizer_kind former = first; former < k; former++)
            told |= gm_optimizer_reads(former, setting) && standard_of(former, setting) == standard;
        if (told || standard == standard_of(first, setting))
            continue;
        used = gm_append(buffer, CLI_HELP_SIZE, used, "; ");
        used = append_optimizers(buffer, used, setting, standard);
        used = gm_append(buffer, CLI_HELP_SIZE, used, " %g", standard);
    }
    return gm_append(buffer, CLI_HELP_SIZE, used, ")");
}

const char *cli_setting_help(char buffer[CLI_HELP_SIZE], gm_setting setting)
{
    size_t used = 0;
    bool by_all = true;
    buffer[0] = '\0';
    for (gm_optimizer_kind k = 0; k < GM_OPTIMIZER_COUNT; k++)
        by_all &= gm_optimizer_reads(k, setting);
    if (!by_all) {
        used = append_optimizers(buffer, used, setting, NAN);
        used = gm_append(buffer, CLI_HELP_SIZE, used, ": ");
    }
    used = gm_append(buffer, CLI_HELP_SIZE, used, "%s", gm_facts_of_settings[setting].summary);
    append_defaults(buffer, used, setting);
    return buffer;
}

/* Prints the words of the list whose name a text contains. */
static void print_list(const char *text)
{
    const char *at;
    size_t length;
    cli_names *list = find_list(text, &at, &length);
    for (size_t i = 0; list && list(i); i++)
        printf("%s\n", list(i));
}

static void print_options(const struct argp_option *options, const char *wanted)
{
    for (const struct argp_option *o = options; o && (o->name || o->key || o->doc || o->group); o++) {
        if (!o->name)
            continue;
        if (!wanted)
            printf("--%s\n", o->name);
        else if (strcmp(wanted, o->name) == 0)
            print_list(o->doc);
    }
}

/* Prints the options of the verb, those of its groups included. */
static void print_group(const struct argp *argp, const char *wanted)
{
    print_options(argp->options, wanted);
    for (const struct argp_child *child = argp->children; child && child->argp; child++)
        print_group(child->argp, wanted);
}

void cli_print_words(const struct argp *argp, const char *option)
{
    if (option && *option != '-')
        print_list(option);
    else
        print_group(argp, option ? option + strspn(option, "-") : NULL);
    if (!option)
        fputs("--help\n--usage\n", stdout);
}
