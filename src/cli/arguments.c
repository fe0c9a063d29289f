/* Checks the options of a command line before argp parses them. The rules are those of getopt_long: a long
 * option may be abbreviated if the abbreviation is unique, "--name=value" and "--name value" mean the same,
 * and after "--" there are no options. */
#include "cli/arguments.h"
#include "base/memory.h"
#include "base/names.h"
#include "base/suggest.h"
#include "cli/cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The options that argp adds to every verb. */
static const struct argp_option own[] = {{"help", '?', 0, 0, 0, 0}, {"usage", 0, 0, 0, 0, 0}};

/* The options on the command line that was checked last, each once. */
static struct {
    const struct argp_option *option;
    char *value; /* the last one; NULL if the option takes none */
} given[CLI_MOST_OPTIONS];
static size_t given_count;

static void add(cli_option_list *known, const struct argp_option *option)
{
    if (option->name && known->count < CLI_MOST_OPTIONS)
        known->options[known->count++] = option;
}

static void collect(cli_option_list *known, const struct argp *argp)
{
    for (const struct argp_option *o = argp->options; o && (o->name || o->key || o->doc || o->group); o++)
        add(known, o);
    for (const struct argp_child *child = argp->children; child && child->argp; child++)
        collect(known, child->argp);
}

void cli_list_options(const struct argp *argp, cli_option_list *list)
{
    list->count = 0;
    collect(list, argp);
}

const struct argp_option *cli_find_option(const cli_option_list *list, const char *name)
{
    for (size_t i = 0; i < list->count; i++) {
        if (strcmp(list->options[i]->name, name) == 0)
            return list->options[i];
    }
    return NULL;
}

const char *cli_suggest_option(const cli_option_list *list, const char *typed)
{
    const char *names[CLI_MOST_OPTIONS];
    for (size_t i = 0; i < list->count; i++)
        names[i] = list->options[i]->name;
    return gm_suggest(typed, names, list->count);
}

/* The option that `name` stands for, or NULL and the number of options that it could stand for. */
static const struct argp_option *find_long(const cli_option_list *known, const char *name, size_t length,
                                           size_t *matches)
{
    const struct argp_option *found = NULL;
    *matches = 0;
    for (size_t i = 0; i < known->count; i++) {
        const struct argp_option *option = known->options[i];
        if (strncmp(option->name, name, length) != 0)
            continue;
        found = option;
        ++*matches;
        if (option->name[length] == '\0') {
            *matches = 1;
            return option;
        }
    }
    return *matches == 1 ? found : NULL;
}

static const struct argp_option *find_short(const cli_option_list *known, char letter)
{
    for (size_t i = 0; i < known->count; i++) {
        if (known->options[i]->key == letter && letter > ' ')
            return known->options[i];
    }
    return NULL;
}

/* The place of an option in `given`; given_count if it was not given. */
static size_t place_of(const char *option)
{
    size_t i = 0;
    while (i < given_count && strcmp(given[i].option->name, option) != 0)
        i++;
    return i;
}

bool cli_given(const char *option)
{
    return place_of(option) < given_count;
}

/* Those of the command line itself. */
static const struct argp_option *typed_options[CLI_MOST_OPTIONS];
static size_t typed_count;

void cli_arguments_are_typed(void)
{
    for (typed_count = 0; typed_count < given_count; typed_count++)
        typed_options[typed_count] = given[typed_count].option;
}

bool cli_typed(const char *option)
{
    for (size_t i = 0; i < typed_count; i++) {
        if (strcmp(typed_options[i]->name, option) == 0)
            return true;
    }
    return false;
}

/* Options that do not change what a run computes. */
static const char *const harmless[] = {"resume", "config", "checkpoint", "checkpoint-minutes",
                                       "save",   "log",    "report",     "json",
                                       "quiet",  "epochs", "threads"};

bool cli_is_harmless(const char *option)
{
    return GM_FIND_WORD(harmless, option) < GM_ROWS(harmless);
}

bool cli_typed_changes(void)
{
    size_t count = 0;
    for (size_t i = 0; i < typed_count; i++)
        count += !cli_is_harmless(typed_options[i]->name);
    return count > 0 && (cli_typed("config") || cli_typed("resume"));
}

const char *cli_given_value(const char *option)
{
    const size_t place = place_of(option);
    return place < given_count ? given[place].value : NULL;
}

void cli_arguments_clear(void)
{
    while (given_count > 0)
        gm_free(given[--given_count].value);
}

/* Keeps a copy of the value, because a parser may write over the argument. */
static void remember(const struct argp_option *option, const char *value)
{
    const size_t place = place_of(option->name);
    if (place == CLI_MOST_OPTIONS)
        return;
    if (place == given_count)
        given[given_count++].value = NULL;
    gm_free(given[place].value);
    given[place].option = option;
    given[place].value = value ? gm_strdup(value) : NULL;
    if (value && !given[place].value) {
        fputs("gradmill: no memory for the options\n", stderr);
        exit(GM_LIMIT);
    }
}

_Noreturn static void refuse_unknown(const cli_option_list *known, const char *verb, const char *typed,
                                     const char *name)
{
    const char *meant = cli_suggest_option(known, name);
    if (meant)
        fprintf(stderr, "%s: unknown option %s; did you mean --%s?\n", verb, typed, meant);
    else
        fprintf(stderr, "%s: unknown option %s; '%s --help' lists the options\n", verb, typed, verb);
    exit(GM_USAGE);
}

_Noreturn static void refuse_ambiguous(const cli_option_list *known, const char *verb, const char *name)
{
    fprintf(stderr, "%s: option --%s is ambiguous; did you mean", verb, name);
    const char *separator = " ";
    for (size_t i = 0; i < known->count; i++) {
        if (strncmp(known->options[i]->name, name, strlen(name)) == 0) {
            fprintf(stderr, "%s--%s", separator, known->options[i]->name);
            separator = " or ";
        }
    }
    fputs("?\n", stderr);
    exit(GM_USAGE);
}

/* Checks "--name" or "--name=value". `next` is the argument behind it, NULL if it is the last one. Returns
 * the number of arguments that belong to it. */
static int check_long(const cli_option_list *known, const char *verb, const char *argument, const char *next)
{
    char name[64];
    const char *typed = argument + 2;
    const size_t length = strcspn(typed, "=");
    const bool has_value = typed[length] == '=';
    size_t matches = 0;
    const struct argp_option *option = find_long(known, typed, length, &matches);
    snprintf(name, sizeof name, "%.*s", (int)(length < sizeof name ? length : sizeof name), typed);
    if (!option && matches > 1)
        refuse_ambiguous(known, verb, name);
    if (!option) {
        char whole[72];
        snprintf(whole, sizeof whole, "--%s", name);
        refuse_unknown(known, verb, whole, name);
    }
    const bool optional = (option->flags & OPTION_ARG_OPTIONAL) != 0;
    if (has_value && !option->arg) {
        fprintf(stderr, "%s: option --%s takes no value, got '%s'\n", verb, option->name, typed + length + 1);
        exit(GM_USAGE);
    }
    const bool takes_next = !has_value && option->arg && !optional;
    if (!takes_next || next)
        remember(option, has_value ? typed + length + 1 : takes_next ? next : NULL);
    if (!takes_next)
        return 1;
    if (!next) {
        fprintf(stderr, "%s: option --%s needs a value: --%s %s\n", verb, option->name, option->name,
                option->arg);
        exit(GM_USAGE);
    }
    return 2;
}

/* Checks "-o", "-oVALUE" or "-o VALUE". Returns the number of arguments that belong to it. */
static int check_short(const cli_option_list *known, const char *verb, const char *argument, const char *next)
{
    for (const char *letter = argument + 1; *letter; letter++) {
        const struct argp_option *option = find_short(known, *letter);
        if (!option)
            refuse_unknown(known, verb, argument, argument + 1); /* "-epochs" lacks a dash */
        if (!option->arg || letter[1] || next)
            remember(option, !option->arg ? NULL : letter[1] ? letter + 1 : next);
        if (!option->arg)
            continue;
        if (letter[1] == '\0' && !next) {
            fprintf(stderr, "%s: option -%c needs a value: -%c %s\n", verb, *letter, *letter, option->arg);
            exit(GM_USAGE);
        }
        return letter[1] ? 1 : 2;
    }
    return 1;
}

/* Refuses an argument that is not an option, if the verb takes none. */
static void check_plain(const struct argp *argp, const char *verb, const char *argument)
{
    if (argp->args_doc)
        return;
    fprintf(stderr, "%s: unexpected argument '%s'; '%s --help' lists the options\n", verb, argument, verb);
    exit(GM_USAGE);
}

void cli_check_arguments(const struct argp *argp, int argc, char **argv)
{
    static char help[] = "--help";
    cli_option_list known;
    cli_arguments_clear();
    cli_list_options(argp, &known);
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        add(&known, &own[i]);
    bool ended = false; /* "--" was seen; no options follow it */
    for (int i = 1; i < argc;) {
        const char *next = argv[i + 1]; /* NULL behind the last one */
        if (!ended && strcmp(argv[i], "-h") == 0)
            argv[i] = help;
        if (ended || argv[i][0] != '-' || argv[i][1] == '\0')
            check_plain(argp, argv[0], argv[i++]);
        else if (strcmp(argv[i], "--") == 0)
            i++, ended = true;
        else if (argv[i][1] == '-')
            i += check_long(&known, argv[0], argv[i], next);
        else
            i += check_short(&known, argv[0], argv[i], next);
    }
}
