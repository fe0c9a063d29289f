/* What gradmill data shows of a file: as text, as JSON, and the command that would train on it. */
#ifndef GM_CLI_DATA_REPORT_H
#define GM_CLI_DATA_REPORT_H

#include "cli/options.h"
#include "data/dataset.h"

/* A file, or the parts of a folder. */
typedef struct cli_survey {
    const cli_data_options *options; /* as given; their path is that of the folder or the file */
    const gm_survey *survey;
    const gm_survey *test; /* the test part of a folder; NULL: there is none */
    bool all;              /* show all columns, and not only some of many */
} cli_survey;

/* The command, in parts that a line may be broken between. Why there is none, if it has no parts. */
typedef struct cli_train_command {
    gm_strings parts;
    char why[400];
} cli_train_command;

/* GM_LIMIT. Clear it even after a failure. */
gm_status cli_command_make(cli_train_command *command, const cli_survey *shown, gm_error *error);
void cli_command_clear(cli_train_command *command);

void cli_survey_print(const cli_survey *shown, const cli_train_command *command);
gm_status cli_survey_print_json(const cli_survey *shown, const cli_train_command *command, gm_error *error);

/* Parts of the report: the table of the columns, the first rows, and one row as an image. */
void cli_print_survey_columns(const gm_survey *survey, bool all);
void cli_print_survey_rows(const gm_survey *survey);
void cli_print_survey_image(const gm_survey *survey);

/* Prints numbers in bins as a row of `width` characters; GM_SURVEY_BINS is a multiple of width. */
void cli_print_histogram(const size_t bins[GM_SURVEY_BINS], size_t width);

/* A number in at most `width` characters, at least 6, with as many digits as fit, up to 5. Returns buffer. */
const char *cli_short_number(char buffer[32], double value, size_t width);

/* The word for what a column is: "constant", "id", "group", or its kind. */
const char *cli_column_word(const gm_survey_column *column);

#endif
