/* The options that name the data and say how it is read. */
#include "cli/options.h"
#include "cli/help.h"
#include "cli/names.h"
#include "cli/several.h"

#include <string.h>

enum {
    KEY_DATA = 0x100,
    KEY_LABELS,
    KEY_TARGET,
    KEY_DELIM,
    KEY_HEADER,
    KEY_REGRESSION,
    KEY_MISSING,
    KEY_X_MEMBER,
    KEY_Y_MEMBER,
    KEY_INDEX_BASE,
    KEY_QUERY,
    KEY_IGNORE,
    KEY_DECIMAL,
    KEY_COMMENT,
};

static const struct argp_option data_options[] = {
    {0, 0, 0, 0, "Data:", 1},
    {"data", KEY_DATA, CLI_SEVERAL_PATHS, 0,
     "the data: a CSV, LIBSVM, NPY, NPZ, SQLite or IDX file, plain or gzip, several files of CSV or LIBSVM, a directory of IDX "
     "files as MNIST has them, or - for standard input",
     0},
    {"labels", KEY_LABELS, "FILE", 0,
     "IDX, NPY: the labels or targets of the rows in --data, in the same format", 0},
    {"target", KEY_TARGET, "COLUMN", 0,
     "CSV: the column of labels or targets: its name, its number (1 is the first, -1 the last), or none; with --regression also several, with commas between them (default: the model's; in training the last, or the first if it is named label). NPY, NPZ: its number, if there is no array of targets",
     0},
    {"delim", KEY_DELIM, "CHAR", 0,
     "CSV: what separates the cells: one character, tab or blanks (default a comma)", 0},
    {"decimal", KEY_DECIMAL, "CHAR", 0, "CSV: what stands before decimals: . or , (default a point)", 0},
    {"comment", KEY_COMMENT, "TEXT", 0,
     "CSV: leave out the lines that begin with it, such as # (default none)", 0},
    {"header", KEY_HEADER, "HOW", 0,
     "CSV: whether the first row names the columns, {no-yes} (default: decided from its cells, with a note)",
     0},
    {"regression", KEY_REGRESSION, 0, 0, "the target is a number to be fitted, not a class", 0},
    {"missing", KEY_MISSING, "HOW", 0,
     "what to do with missing values (in arrays NaN), {missing}: refuse the file, drop the row, or replace the value by the "
     "column's mean, median or most frequent value in the training data, which the model stores (default auto: replaced if "
     "a model is used that knows how, else refuse)",
     0},
    {"index-base", KEY_INDEX_BASE, "0|1", 0,
     "LIBSVM: the index of the first feature (default: the model's; else 0 if that index occurs, or 1)", 0},
    {"ignore", KEY_IGNORE, "COLUMNS", 0,
     "CSV: columns that are left out: names or numbers, with commas between them", 0},
    {"query", KEY_QUERY, "SELECT", 0,
     "SQLite: the rows, as in 'select age, city, class from people' (default: all rows of the only table)",
     0},
    {"x-member", KEY_X_MEMBER, "NAME", 0,
     "NPZ: the array of features (default X, x, x_train or arr_0; in eval and predict x_test, if there is one)",
     0},
    {"y-member", KEY_Y_MEMBER, "NAME", 0,
     "NPZ: the array of labels or targets, or none (default: the one that goes with the features)", 0},
    {0},
};

cli_data_options cli_data_defaults(void)
{
    return (cli_data_options){.read = gm_dataset_options_default(), .columns = gm_columns_options_default()};
}

static void parse_delimiter(const char *text, char *delimiter, struct argp_state *state)
{
    const bool tab = strcmp(text, "\\t") == 0 || strcmp(text, "tab") == 0;
    const bool blanks = strcmp(text, "blanks") == 0;
    *delimiter = tab ? '\t' : blanks ? ' ' : *text;
    if (!tab && !blanks && strlen(text) != 1)
        cli_refuse(state, "--delim %s: expected one character, tab or blanks", text);
}

static void take_files(cli_data_options *options, const char *value)
{
    const cli_paths paths = cli_divide_value(value);
    options->data = paths.name;
    options->files = paths.items;
    options->file_count = paths.count;
}

static char parse_decimal(const char *text, struct argp_state *state)
{
    if (strcmp(text, ".") != 0 && strcmp(text, ",") != 0)
        cli_refuse(state, "--decimal %s: expected . or ,", text);
    return *text;
}

static error_t parse_data(int key, char *argument, struct argp_state *state)
{
    cli_data_options *options = state->input;
    switch (key) {
    case KEY_DATA:
        take_files(options, cli_path("data", argument, state));
        return 0;
    case KEY_LABELS:
        options->read.labels = argument;
        return 0;
    case KEY_TARGET:
        options->read.target = argument;
        return 0;
    case KEY_DELIM:
        parse_delimiter(argument, &options->read.delimiter, state);
        return 0;
    case KEY_DECIMAL:
        options->read.decimal = parse_decimal(argument, state);
        return 0;
    case KEY_COMMENT:
        if (!*argument)
            cli_refuse(state, "--comment: expected the text that comments begin with, got an empty one");
        options->read.comment = argument;
        return 0;
    case KEY_HEADER:
        options->read.header = (int)cli_choose("header", argument, cli_no_yes_names, state);
        return 0;
    case KEY_REGRESSION:
        options->read.regression = true;
        return 0;
    case KEY_MISSING:
        options->read.missing = (gm_missing)cli_choose("missing", argument, cli_missing_names, state);
        return 0;
    case KEY_QUERY:
        options->read.query = argument;
        return 0;
    case KEY_INDEX_BASE:
        if (strcmp(argument, "0") != 0 && strcmp(argument, "1") != 0)
            cli_refuse(state, "--index-base %s: expected 0 or 1", argument);
        options->read.index_base = *argument - '0';
        return 0;
    case KEY_X_MEMBER:
        options->read.x_member = argument;
        return 0;
    case KEY_Y_MEMBER:
        options->read.y_member = argument;
        return 0;
    case KEY_IGNORE:
        options->read.ignore = argument;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

const struct argp cli_data_argp = {
    .options = data_options, .parser = parse_data, .help_filter = cli_fill_names};
