/* gradmill data: shows how a file is read, what its columns hold, and the command that would train on it. */
#include "base/error.h"
#include "base/number.h"
#include "cli/data_report.h"
#include "cli/load.h"
#include "cli/needless.h"

#include <stdio.h>

#define DEFAULT_ROWS 5

struct run {
    cli_data_options data;
    size_t rows; /* of the preview */
    bool json, all;
    char name[300]; /* of several files */
};

enum { KEY_ROWS = 1, KEY_ALL, KEY_JSON };

static const struct argp_option verb_options[] = {
    {"rows", KEY_ROWS, "N", 0, "rows that are shown as they are (default 5)", 0},
    {"all", KEY_ALL, 0, 0, "show all columns (default: of more than 40, the first 30 and the last 10)", 0},
    {"json", KEY_JSON, 0, 0, "one JSON object instead of text, with all columns", 0},
    {0},
};

/* The arguments that are no options, which argp has moved behind these. */
static void take_files(struct run *run, struct argp_state *state)
{
    if (run->data.data)
        cli_refuse(state, "the file is named twice: '%s' and '%s'", run->data.data, state->argv[state->next]);
    run->data.files = (const char *const *)(state->argv + state->next);
    run->data.file_count = (size_t)(state->argc - state->next);
    run->data.data = cli_path("data", run->data.files[0], state);
    if (run->data.file_count > 1) {
        snprintf(run->name, sizeof run->name, "%s and %zu more file%s", run->data.data,
                 run->data.file_count - 1, gm_plural(run->data.file_count - 1));
        run->data.data = run->name;
    }
    state->next = state->argc;
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct run *run = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = state->child_inputs[1] = &run->data;
        return 0;
    case KEY_ROWS:
        run->rows = cli_size("rows", argument, 0, state);
        return 0;
    case KEY_ALL:
        run->all = true;
        return 0;
    case KEY_JSON:
        run->json = true;
        return 0;
    case ARGP_KEY_ARG:
        return ARGP_ERR_UNKNOWN; /* all of them at once, below */
    case ARGP_KEY_ARGS:
        take_files(run, state);
        return 0;
    case ARGP_KEY_END:
        if (!run->data.data)
            cli_refuse(state, "expected the name of a file or a folder");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static gm_status print(const struct run *run, const gm_survey *survey, const gm_survey *test, gm_error *error)
{
    const cli_survey shown = {&run->data, survey, test, run->all};
    cli_train_command command = {0};
    gm_status status = cli_command_make(&command, &shown, error);
    if (status == GM_OK && run->json)
        status = cli_survey_print_json(&shown, &command, error);
    else if (status == GM_OK)
        cli_survey_print(&shown, &command);
    cli_command_clear(&command);
    return status;
}

/* Surveys the file, or the training part of a folder. */
static gm_status survey_part(const struct run *run, cli_part part, gm_survey **survey, gm_error *error)
{
    gm_dataset_files files;
    cli_data_options found;
    gm_status status = cli_resolve(&run->data, part, &files, &found, error);
    if (status == GM_OK)
        status = gm_survey_create(survey, found.files, found.file_count, &found.read, run->rows, error);
    const gm_dataset *dataset = status == GM_OK ? gm_survey_dataset(*survey) : NULL;
    for (size_t i = 0; dataset && gm_dataset_remark(dataset, i); i++)
        cli_note("%s", gm_dataset_remark(dataset, i));
    if (status == GM_OK && !cli_is_directory(run->data.data))
        status = cli_check_survey_options(*survey, error);
    return status;
}

/* Whether a folder has test images, which are then shown as well. */
static bool has_test_part(const struct run *run)
{
    gm_dataset_files files;
    return cli_is_directory(run->data.data) && gm_dataset_find(run->data.data, &files, NULL) == GM_OK &&
           *files.test;
}

static gm_status show(const struct run *run, gm_error *error)
{
    gm_survey *survey = NULL, *test = NULL;
    gm_status status = cli_check_folder_options(run->data.data, error);
    if (status == GM_OK)
        status = survey_part(run, CLI_PART_TRAIN, &survey, error);
    if (status == GM_OK && has_test_part(run))
        status = survey_part(run, CLI_PART_TEST, &test, error);
    if (status == GM_OK)
        status = print(run, survey, test, error);
    gm_survey_destroy(survey);
    gm_survey_destroy(test);
    return status;
}

int cli_data(int argc, char **argv)
{
    const struct argp_child children[] = {{&cli_data_argp, 0, NULL, 0}, {&cli_columns_argp, 0, NULL, 0}, {0}};
    const struct argp argp = {
        .options = verb_options,
        .parser = parse,
        .args_doc = "FILE...",
        .doc =
            "Shows what a data file holds before anything is trained on it: how it is read, its columns, their values, "
            "what should be known, and the command that would train on it. What no option says about a CSV file, such as "
            "its separator, is found out.",
        .children = children,
    };
    struct run run = {.data = cli_data_defaults(), .rows = DEFAULT_ROWS};
    gm_error error = {0};
    cli_parse(&argp, argc, argv, &run);
    const gm_status status = show(&run, &error);
    return cli_finish(status, &error);
}
