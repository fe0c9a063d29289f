/* Finds options that have no effect together with other options, or with the given data. */
#include "cli/needless.h"
#include "base/append.h"
#include "base/error.h"
#include "cli/arguments.h"
#include "cli/help.h"
#include "data/dataset.h"

#include <stdio.h>
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

/* Options that have an effect on CSV files only. */
static const char *const of_csv[] = {"target",  "delim",        "header",       "regression",
                                     "missing", "group-column", "weight-column"};
static const char *const of_idx[] = {"labels"};

gm_status cli_check_folder_options(const char *path, gm_error *error)
{
    struct stat info;
    if (!path || stat(path, &info) != 0 || !S_ISDIR(info.st_mode))
        return GM_OK;
    const gm_status status =
        cli_refuse_given(of_idx, COUNT(of_idx), "with a folder, which has its own labels", error);
    return status == GM_OK
               ? cli_refuse_given(of_csv, COUNT(of_csv), "with a folder of IDX files; it is for CSV", error)
               : status;
}

gm_status cli_check_data_options(const gm_dataset *dataset, gm_error *error)
{
    return gm_dataset_is_idx(dataset)
               ? cli_refuse_given(of_csv, COUNT(of_csv), "with an IDX file; it is for CSV", error)
               : cli_refuse_given(of_idx, COUNT(of_idx),
                                  "with a CSV file, whose labels are a column: see --target", error);
}
