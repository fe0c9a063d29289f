/* Checks of option values that several verbs use. */
#include "cli/options.h"
#include "base/number.h"

#include <math.h>
#include <string.h>

size_t cli_size(const char *option, const char *text, size_t least, struct argp_state *state)
{
    uint64_t value;
    if (!gm_parse_u64(text, &value))
        cli_refuse(state, "--%s %s: expected a whole number", option, text);
    else if (value < least)
        cli_refuse(state, "--%s %s: expected at least %zu", option, text, least);
    else
        return (size_t)value;
    return 0;
}

double cli_number(const char *option, const char *text, struct argp_state *state)
{
    double value = 0;
    if (!gm_parse_double(text, strlen(text), &value))
        cli_refuse(state, "--%s %s: expected a number", option, text);
    return value;
}

double cli_number_below(const char *option, const char *text, double end, struct argp_state *state)
{
    const double value = cli_number(option, text, state);
    if (value >= 0 && value < end)
        return value;
    if (end < INFINITY)
        cli_refuse(state, "--%s %s: expected a number from 0 to below %g", option, text, end);
    cli_refuse(state, "--%s %s: expected a number from 0", option, text);
    return 0;
}

double cli_positive(const char *option, const char *text, struct argp_state *state)
{
    const double value = cli_number(option, text, state);
    if (!(value > 0))
        cli_refuse(state, "--%s %s: expected a number above 0", option, text);
    return value;
}

const char *cli_output_path(const char *option, const char *text, struct argp_state *state)
{
    if (strcmp(text, "-") == 0)
        cli_refuse(state, "--%s -: expected the path of a file; one of this name is ./-", option);
    return cli_path(option, text, state);
}

const char *cli_path(const char *option, const char *text, struct argp_state *state)
{
    if (!*text)
        cli_refuse(state, "--%s: expected a path, got an empty text", option);
    return text;
}
