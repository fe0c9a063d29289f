/* The options of training that say how the columns of a file become inputs of the network. */
#include "cli/arguments.h"
#include "cli/help.h"
#include "cli/options.h"

enum {
    KEY_CATEGORICAL = 0x700,
    KEY_NUMERIC,
    KEY_CATEGORIES,
    KEY_INDICATOR,
};

static const struct argp_option column_options[] = {
    {0, 0, 0, 0, "Columns:", 2},
    {"categorical", KEY_CATEGORICAL, "COLUMNS", 0,
     "CSV: names or numbers of columns, with commas between them, whose values are categories, not amounts, such as zip "
     "codes (columns of texts are categories by themselves)",
     0},
    {"numeric", KEY_NUMERIC, "COLUMNS", 0,
     "CSV: columns that hold numbers: a text in one of them is an error", 0},
    {"categories", KEY_CATEGORIES, "N", 0,
     "CSV: inputs for at most the N most frequent categories of a column; the others share one (default 64)",
     0},
    {"missing-indicator", KEY_INDICATOR, 0, 0,
     "CSV: one more input for each column with missing values, which says whether the value is missing", 0},
    {0},
};

static error_t parse_columns(int key, char *argument, struct argp_state *state)
{
    cli_data_options *options = state->input;
    switch (key) {
    case KEY_CATEGORICAL:
        options->read.categorical = argument;
        return 0;
    case KEY_NUMERIC:
        options->read.numeric = argument;
        return 0;
    case KEY_CATEGORIES:
        options->columns.categories = cli_size("categories", argument, 1, state);
        return 0;
    case KEY_INDICATOR:
        options->columns.indicators = true;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

const struct argp cli_columns_argp = {
    .options = column_options, .parser = parse_columns, .help_filter = cli_fill_names};
