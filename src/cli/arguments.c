/* Checks the options of a command line before argp parses them. The rules are those of getopt_long: a long
 * option may be abbreviated if the abbreviation is unique, "--name=value" and "--name value" mean the same,
 * and after "--" there are no options. */
#include "cli/arguments.h"
#include "base/suggest.h"
#include "cli/cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST_OPTIONS 96

/* The options that a verb has: those of its argp and of all children. */
struct known {
    const struct argp_option *options[MOST_OPTIONS];
    size_t count;
};

/* The options that argp adds to every verb. */
static const struct argp_option own[] = {{"help", '?', 0, 0, 0, 0}, {"usage", 0, 0, 0, 0, 0}};

/* The options on the command line, in its order. An option may occur more than once. If the array is full,
 * further options are not stored; there is room for more different options than any verb has. */
static struct known given;

static void add(struct known *known, const struct argp_option *option)
{
    if (option->name && known->count < MOST_OPTIONS)
        known->options[known->count++] = option;
}

static void collect(struct known *known, const struct argp *argp)
{
    for (const struct argp_option *o = argp->options; o && (o->name || o->key || o->doc || o->group); o++)
        add(known, o);
    for (const struct argp_child *child = argp->children; child && child->argp; child++)
        collect(known, child->argp);
}

/* The option that `name` stands for, or NULL and the number of options that it could stand for. */
static const struct argp_option *find_long(const struct known *known, const char *name, size_t length,
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

static const struct argp_option *find_short(const struct known *known, char letter)
{
    for (size_t i = 0; i < known->count; i++) {
        if (known->options[i]->key == letter && letter > ' ')
            return known->options[i];
    }
    return NULL;
}

bool cli_given(const char *option)
{
    for (size_t i = 0; i < given.count; i++) {
        if (strcmp(given.options[i]->name, option) == 0)
            return true;
    }
    return false;
}

static void remember(const struct argp_option *option)
{
    if (option->name && !cli_given(option->name))
        add(&given, option);
}

_Noreturn static void refuse_unknown(const struct known *known, const char *verb, const char *typed,
                                     const char *name)
{
    const char *names[MOST_OPTIONS];
    for (size_t i = 0; i < known->count; i++)
        names[i] = known->options[i]->name;
    const char *meant = gm_suggest(name, names, known->count);
    if (meant)
        fprintf(stderr, "%s: unknown option %s; did you mean --%s?\n", verb, typed, meant);
    else
        fprintf(stderr, "%s: unknown option %s; '%s --help' lists the options\n", verb, typed, verb);
    exit(GM_USAGE);
}

_Noreturn static void refuse_ambiguous(const struct known *known, const char *verb, const char *name)
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

/* Checks "--name" or "--name=value". Returns the number of arguments that belong to it. */
static int check_long(const struct known *known, const char *verb, const char *argument, bool last)
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
    remember(option);
    const bool optional = (option->flags & OPTION_ARG_OPTIONAL) != 0;
    if (has_value && !option->arg) {
        fprintf(stderr, "%s: option --%s takes no value, got '%s'\n", verb, option->name, typed + length + 1);
        exit(GM_USAGE);
    }
    if (has_value || !option->arg || optional)
        return 1;
    if (last) {
        fprintf(stderr, "%s: option --%s needs a value: --%s %s\n", verb, option->name, option->name,
                option->arg);
        exit(GM_USAGE);
    }
    return 2;
}

/* Checks "-o", "-oVALUE" or "-o VALUE". Returns the number of arguments that belong to it. */
static int check_short(const struct known *known, const char *verb, const char *argument, bool last)
{
    for (const char *letter = argument + 1; *letter; letter++) {
        const struct argp_option *option = find_short(known, *letter);
        if (!option)
            refuse_unknown(known, verb, argument, argument + 1); /* "-epochs" lacks a dash */
        remember(option);
        if (!option->arg)
            continue;
        if (letter[1] == '\0' && last) {
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
    struct known known = {.count = 0};
    given.count = 0;
    collect(&known, argp);
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        add(&known, &own[i]);
    bool ended = false; /* "--" was seen; no options follow it */
    for (int i = 1; i < argc;) {
        const bool last = i + 1 == argc;
        if (!ended && strcmp(argv[i], "-h") == 0)
            argv[i] = help;
        if (ended || argv[i][0] != '-' || argv[i][1] == '\0')
            check_plain(argp, argv[0], argv[i++]);
        else if (strcmp(argv[i], "--") == 0)
            i++, ended = true;
        else if (argv[i][1] == '-')
            i += check_long(&known, argv[0], argv[i], last);
        else
            i += check_short(&known, argv[0], argv[i], last);
    }
}
