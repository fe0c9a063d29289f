/* Reads NPZ files, which numpy.savez writes: zip archives whose members are NPY files. One member has the
 * features, another the targets. Which ones these are is told by their names. */
#include "base/append.h"
#include "base/error.h"
#include "base/memory.h"
#include "data/csv.h"
#include "data/format.h"
#include "data/npy.h"
#include "data/npy_head.h"

#include <string.h>

#define SUFFIX    ".npy"
#define LISTED    6 /* an error names at most this many members */
#define LIST_SIZE 400

/* The names that are looked for, in this order. Those of a test part come first if that is wanted. */
static const struct {
    const char *features, *targets;
    bool test;
} usual[] =
    {
        {"x_test", "y_test", true}, {"X_test", "y_test", true},    {"X", "y", false},
        {"x", "y", false},          {"x_train", "y_train", false}, {"X_train", "y_train", false},
        {"arr_0", "arr_1", false} /* the names that numpy.savez gives to arrays without one */
};
#define USUAL (sizeof usual / sizeof *usual)

/* What is chosen of an archive. */
typedef struct npz_choice {
    const gm_zip *zip;
    const gm_dataset_options *options;
    const gm_zip_entry *features, *targets; /* targets NULL: none */
} npz_choice;

bool gm_npz_recognise(const gm_source *source)
{
    return source->head_size >= 4 && memcmp(source->head, "PK\x03\x04", 4) == 0;
}

static size_t stem_length(const gm_zip_entry *entry)
{
    const size_t length = strlen(entry->name), suffix = strlen(SUFFIX);
    const bool has = length > suffix && strcmp(entry->name + length - suffix, SUFFIX) == 0;
    return has ? length - suffix : 0;
}

/* The array of this name, with or without its suffix; NULL: there is none. Of several, *twice is set. */
static const gm_zip_entry *find(const gm_zip *zip, const char *name, bool *twice)
{
    const gm_zip_entry *found = NULL;
    for (size_t i = 0; i < zip->count; i++) {
        const gm_zip_entry *entry = &zip->entries[i];
        const size_t length = stem_length(entry);
        if (length == 0 || (strcmp(entry->name, name) != 0 &&
                            (strlen(name) != length || strncmp(entry->name, name, length) != 0)))
            continue;
        *twice |= found != NULL;
        found = entry;
    }
    return found;
}

static size_t count_arrays(const gm_zip *zip)
{
    size_t count = 0;
    for (size_t i = 0; i < zip->count; i++)
        count += stem_length(&zip->entries[i]) > 0;
    return count;
}

/* "a, b, c and 3 more" */
static void list_arrays(const gm_zip *zip, char list[LIST_SIZE])
{
    size_t used = 0, listed = 0;
    const size_t count = count_arrays(zip);
    *list = '\0';
    for (size_t i = 0; i < zip->count && listed < LISTED; i++) {
        char shown[GM_CSV_SHOWN];
        const gm_csv_cell stem = {.text = zip->entries[i].name, .length = stem_length(&zip->entries[i])};
        if (stem.length > 0)
            used =
                gm_append(list, LIST_SIZE, used, "%s%s", listed++ > 0 ? ", " : "", gm_csv_show(&stem, shown));
    }
    if (count > listed)
        gm_append(list, LIST_SIZE, used, " and %zu more", count - listed);
}

/* A zip archive may be something else than NPZ. */
static gm_status fail_no_arrays(const gm_zip *zip, gm_error *error)
{
    const char *advice = "unpack it first";
    for (size_t i = 0; i < zip->count; i++) {
        const char *name = zip->entries[i].name, *slash = strrchr(name, '/');
        if (strncmp(name, "xl/", 3) == 0)
            advice = "it is an Excel file: save it as CSV";
        if (strcmp(slash ? slash + 1 : name, "data.pkl") == 0)
            advice = "it is a PyTorch file: pickles are never read; save the data with numpy.savez";
    }
    return gm_fail(error, GM_BAD_DATA, "%s: a zip archive, but no NPZ: it has no member *.npy; %s",
                   zip->bytes.path, advice);
}

static gm_status fail_choice(const gm_zip *zip, const char *name, const char *option, gm_error *error)
{
    char list[LIST_SIZE], shown[GM_CSV_SHOWN];
    list_arrays(zip, list);
    if (name)
        return gm_fail(error, GM_BAD_DATA, "%s: no array '%s'; it has: %s", zip->bytes.path,
                       gm_csv_show_text(name, shown), list);
    return gm_fail(error, GM_BAD_DATA,
                   "%s: no array is named X, x, x_train or arr_0; it has: %s; say which one with %s",
                   zip->bytes.path, list, option);
}

/* Finds an array that the user named. */
static gm_status choose_named(const gm_zip *zip, const char *name, const gm_zip_entry **entry,
                              gm_error *error)
{
    bool twice = false;
    char shown[GM_CSV_SHOWN];
    *entry = find(zip, name, &twice);
    if (!*entry)
        return fail_choice(zip, name, "", error);
    if (twice)
        return gm_fail(error, GM_BAD_DATA, "%s: two members are named '%s'; expected one", zip->bytes.path,
                       gm_csv_show_text(name, shown));
    return GM_OK;
}

/* The name of the targets that usually goes with these features. */
static const char *usual_targets(const gm_zip_entry *features)
{
    const size_t length = stem_length(features);
    for (size_t i = 0; i < USUAL; i++)
        if (strlen(usual[i].features) == length && strncmp(usual[i].features, features->name, length) == 0)
            return usual[i].targets;
    return "y";
}

static gm_status choose_features(npz_choice *choice, gm_error *error)
{
    const gm_zip *zip = choice->zip;
    const gm_dataset_options *options = choice->options;
    bool twice = false;
    if (options->x_member)
        return choose_named(zip, options->x_member, &choice->features, error);
    for (size_t i = 0; i < USUAL; i++) {
        if ((options->test || !usual[i].test) && find(zip, usual[i].features, &twice))
            return choose_named(zip, usual[i].features, &choice->features, error);
    }
    if (count_arrays(zip) != 1)
        return fail_choice(zip, NULL, "--x-member", error);
    for (size_t i = 0; i < zip->count; i++)
        if (stem_length(&zip->entries[i]) > 0)
            choice->features = &zip->entries[i];
    return GM_OK;
}

static gm_status choose_targets(npz_choice *choice, gm_error *error)
{
    const gm_dataset_options *options = choice->options;
    bool twice = false;
    if (options->ignore_target || (options->y_member && strcmp(options->y_member, "none") == 0))
        return GM_OK;
    if (options->y_member)
        return choose_named(choice->zip, options->y_member, &choice->targets, error);
    const char *name = usual_targets(choice->features);
    if (!find(choice->zip, name, &twice))
        return GM_OK;
    return choose_named(choice->zip, name, &choice->targets, error);
}

/* Says what was chosen, if the names leave a doubt. */
static gm_status remark(const npz_choice *choice, gm_table *table, gm_error *error)
{
    char list[2][GM_CSV_SHOWN];
    const gm_csv_cell x = {.text = choice->features->name, .length = stem_length(choice->features)};
    if (choice->options->x_member || (x.length == 1 && (*x.text == 'X' || *x.text == 'x')))
        return GM_OK;
    gm_csv_show(&x, list[0]);
    if (!choice->targets)
        return gm_table_remark(table, error, "the features are the array %s", list[0]);
    const gm_csv_cell y = {.text = choice->targets->name, .length = stem_length(choice->targets)};
    return gm_table_remark(table, error, "the features are the array %s, the targets %s", list[0],
                           gm_csv_show(&y, list[1]));
}

static gm_status read_choice(const npz_choice *choice, gm_table *table, gm_error *error)
{
    gm_source x, y = {.bytes = {.fd = -1}};
    gm_status status = gm_source_open_member(&x, choice->zip, choice->features, error);
    if (!status && choice->targets)
        status = gm_source_open_member(&y, choice->zip, choice->targets, error);
    if (!status)
        status = gm_npy_read_arrays(table, &x, choice->targets ? &y : NULL, choice->options, error);
    gm_source_close(&x);
    gm_source_close(&y);
    return status;
}

static gm_status read_archive(const gm_zip *zip, gm_table *table, const gm_dataset_options *options,
                              gm_error *error)
{
    npz_choice choice = {.zip = zip, .options = options};
    if (count_arrays(zip) == 0)
        return fail_no_arrays(zip, error);
    gm_status status = choose_features(&choice, error);
    if (!status)
        status = choose_targets(&choice, error);
    if (!status)
        status = remark(&choice, table, error);
    return status ? status : read_choice(&choice, table, error);
}

gm_status gm_npz_read(gm_table *table, gm_source *source, const gm_dataset_options *options, gm_error *error)
{
    gm_zip_bytes bytes;
    gm_zip zip = {0};
    char *text;
    table->format = GM_FORMAT_NPZ;
    gm_status status = gm_source_as_bytes(source, &bytes, &text, error);
    if (!status)
        status = gm_zip_open(&zip, &bytes, error);
    if (!status)
        status = read_archive(&zip, table, options, error);
    gm_zip_close(&zip);
    gm_free(text);
    return status;
}
