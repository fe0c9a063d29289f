/* Options that have no effect beside others, or on such data. */
#include "cli/needless.h"
#include "base/error.h"
#include "cli/arguments.h"
#include "data/format.h"

#include <stdio.h>
#include <sys/stat.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

gm_status cli_refuse_given(const char *const *options, size_t count, const char *why, gm_error *error)
{
    for (size_t i = 0; i < count; i++) {
        if (cli_given(options[i]))
            return gm_fail(error, GM_USAGE, "--%s has no effect %s", options[i], why);
    }
    return GM_OK;
}

void cli_note_given(const char *const *options, size_t count, const char *why)
{
    char list[256] = "";
    size_t used = 0, found = 0;
    for (size_t i = 0; i < count && used < sizeof list; i++) {
        if (cli_given(options[i]))
            used +=
                (size_t)snprintf(list + used, sizeof list - used, "%s--%s", found++ ? ", " : "", options[i]);
    }
    if (found > 0)
        cli_note("%s %s no effect %s", list, found > 1 ? "have" : "has", why);
}

gm_status cli_check_optimizer_options(gm_optimizer_kind kind, gm_error *error)
{
    static const char *const of_momentum[] = {"momentum"}, *const of_adam[] = {"beta1", "beta2", "epsilon"};
    char why[128];
    gm_status status = GM_OK;
    if (kind != GM_MOMENTUM && kind != GM_NESTEROV) {
        snprintf(why, sizeof why, "with --optimizer %s; it belongs to momentum and nesterov",
                 gm_optimizer_name(kind));
        status = cli_refuse_given(of_momentum, COUNT(of_momentum), why, error);
    }
    if (status == GM_OK && kind != GM_ADAM && kind != GM_ADAMW) {
        snprintf(why, sizeof why, "with --optimizer %s; it belongs to adam and adamw",
                 gm_optimizer_name(kind));
        status = cli_refuse_given(of_adam, COUNT(of_adam), why, error);
    }
    return status;
}

/* False for what is no IDX file, and for what cannot be read. */
static bool is_idx(const char *path)
{
    gm_source source;
    const bool recognised = gm_source_open(&source, path, NULL) == GM_OK && gm_idx_recognise(&source);
    gm_source_close(&source);
    return recognised;
}

gm_status cli_check_data_options(const char *path, gm_error *error)
{
    static const char *const of_csv[] = {"target", "delim", "header", "regression", "missing"};
    static const char *const of_idx[] = {"labels"};
    struct stat info;
    if (!path || stat(path, &info) != 0)
        return GM_OK;
    if (S_ISDIR(info.st_mode)) {
        const gm_status status =
            cli_refuse_given(of_idx, COUNT(of_idx), "with a folder, which has its own labels", error);
        return status == GM_OK ? cli_refuse_given(of_csv, COUNT(of_csv),
                                                  "with a folder of IDX files; it is for CSV", error)
                               : status;
    }
    if (!S_ISREG(info.st_mode))
        return GM_OK;
    return is_idx(path) ? cli_refuse_given(of_csv, COUNT(of_csv), "with an IDX file; it is for CSV", error)
                        : cli_refuse_given(of_idx, COUNT(of_idx),
                                           "with a CSV file, whose labels are a column: see --target", error);
}
