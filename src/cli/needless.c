/* Finds options that have no effect together with other options, or with the given data. */
#include "cli/needless.h"
#include "base/append.h"
#include "base/error.h"
#include "cli/arguments.h"
#include "cli/help.h"
#include "data/dataset.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

gm_status cli_refuse_given(const char *const *options, size_t count, const char *why, gm_error *error)
{
    const bool replaced = cli_typed_changes();
    for (size_t i = 0; i < count; i++) {
        if (replaced ? cli_typed(options[i]) : cli_given(options[i]))
            return gm_fail(error, GM_USAGE, "--%s has no effect %s", options[i], why);
    }
    for (size_t i = 0; i < count; i++) {
        if (cli_given(options[i])) /* by the file only, which the command line changes */
            cli_note("%s has no effect %s", options[i], why);
    }
    return GM_OK;
}

void cli_note_given(const char *const *options, size_t count, const char *why)
{
    char list[256] = "";
    size_t used = 0, found = 0;
    for (size_t i = 0; i < count; i++) {
        if (cli_given(options[i]))
            used = gm_append(list, sizeof list, used, "%s--%s", found++ ? ", " : "", options[i]);
    }
    if (found > 0)
        cli_note("%s %s no effect %s", list, found > 1 ? "have" : "has", why);
}

gm_status cli_check_optimizer_options(gm_optimizer_kind kind, gm_error *error)
{
    for (gm_setting s = 0; s < GM_SETTING_COUNT; s++) {
        char readers[CLI_HELP_SIZE], why[CLI_HELP_SIZE];
        if (gm_optimizer_reads(kind, s))
            continue;
        snprintf(why, sizeof why, "with --optimizer %s; it belongs to %s", gm_optimizer_name(kind),
                 cli_setting_readers(readers, s));
        const gm_status status = cli_refuse_given(&gm_facts_of_settings[s].name, 1, why, error);
        if (status != GM_OK)
            return status;
    }
    return GM_OK;
}

/* For each option of the data, the formats on which it has an effect, as bits. */
#define CSV    (1U << GM_FORMAT_CSV)
#define IDX    (1U << GM_FORMAT_IDX)
#define NPY    (1U << GM_FORMAT_NPY)
#define NPZ    (1U << GM_FORMAT_NPZ)
#define LIBSVM (1U << GM_FORMAT_LIBSVM)
#define SQLITE (1U << GM_FORMAT_SQLITE)
#define TABLE  (CSV | SQLITE)

static const struct {
    const char *name;
    unsigned formats;
    const char *belongs; /* "it is for CSV" */
} data_options[] = {
    {"target", TABLE | NPY | NPZ, "it is for CSV, NPY, NPZ and SQLite"},
    {"delim", CSV, "it is for CSV"},
    {"decimal", CSV, "it is for CSV"},
    {"comment", CSV, "it is for CSV"},
    {"header", CSV, "it is for CSV"},
    {"regression", TABLE | NPY | NPZ | LIBSVM, "it is for CSV, LIBSVM, NPY, NPZ and SQLite"},
    {"missing", TABLE | NPY | NPZ | LIBSVM, "it is for CSV, LIBSVM, NPY, NPZ and SQLite"},
    {"ignore", TABLE, "it is for CSV and SQLite"},
    {"categorical", TABLE, "it is for CSV and SQLite"},
    {"numeric", TABLE, "it is for CSV and SQLite"},
    {"categories", TABLE, "it is for CSV and SQLite"},
    {"missing-indicator", TABLE | NPY | NPZ | LIBSVM, "it is for CSV, LIBSVM, NPY, NPZ and SQLite"},
    {"group-column", TABLE, "it is for CSV and SQLite"},
    {"keep-columns", TABLE, "it is for CSV and SQLite"},
    {"weight-column", TABLE, "it is for CSV and SQLite"},
    {"query", SQLITE, "it is for SQLite"},
    {"labels", IDX | NPY, "it is for IDX and NPY"},
    {"index-base", LIBSVM, "it is for LIBSVM"},
    {"x-member", NPZ, "it is for NPZ"},
    {"y-member", NPZ, "it is for NPZ"},
};

/* "an IDX file". The labels of some formats are elsewhere, which is added. */
static const char *const format_names[] = {
    [GM_FORMAT_CSV] = "a CSV file",       [GM_FORMAT_IDX] = "an IDX file",
    [GM_FORMAT_NPY] = "an NPY file",      [GM_FORMAT_NPZ] = "an NPZ file",
    [GM_FORMAT_LIBSVM] = "a LIBSVM file", [GM_FORMAT_SQLITE] = "an SQLite database"};

static gm_status check_format(gm_format format, const char *name, gm_error *error)
{
    for (size_t i = 0; i < COUNT(data_options); i++) {
        char why[160];
        if (data_options[i].formats & 1U << format)
            continue;
        gm_append(why, sizeof why, 0, "with %s; %s", name, data_options[i].belongs);
        const gm_status status = cli_refuse_given(&data_options[i].name, 1, why, error);
        if (status != GM_OK)
            return status;
    }
    return GM_OK;
}

gm_status cli_check_folder_options(const char *path, gm_error *error)
{
    static const char *const labels[] = {"labels"};
    struct stat info;
    if (!path || stat(path, &info) != 0 || !S_ISDIR(info.st_mode))
        return GM_OK;
    const gm_status status = cli_refuse_given(labels, 1, "with a folder, which has its own labels", error);
    return status == GM_OK ? check_format(GM_FORMAT_IDX, "a folder of IDX files", error) : status;
}

static gm_status check_options(gm_format format, gm_error *error)
{
    static const char *const target[] = {"target"};
    const gm_status status = check_format(format, format_names[format], error);
    if (status == GM_OK && format == GM_FORMAT_NPY && cli_given("labels"))
        return cli_refuse_given(target, 1, "beside --labels", error);
    return status;
}

gm_status cli_check_data_options(const gm_dataset *dataset, gm_error *error)
{
    return check_options(gm_dataset_format(dataset), error);
}

gm_status cli_check_survey_options(const gm_survey *survey, gm_error *error)
{
    gm_format format = GM_FORMAT_CSV;
    while (strcmp(gm_data_format_name(format), gm_survey_get_facts(survey)->format) != 0)
        format++;
    return check_options(format, error);
}
