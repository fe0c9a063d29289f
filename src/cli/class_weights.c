/* Reads the weights of classes, or balances them, and tells what they are. */
#include "cli/class_weights.h"
#include "base/append.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/number.h"
#include "cli/arguments.h"
#include "cli/needless.h"

#include <math.h>
#include <string.h>

#define SHOWN 8 /* classes whose weights are told */

static const char balanced[] = "balanced";

const char *cli_class_weight_file(const char *value)
{
    return value && strcmp(value, balanced) != 0 ? value : NULL;
}

/* Takes the weight in a row of the file. Classes that were not met have NaN. */
static gm_status take_row(const gm_dataset *file, size_t row, const char *path, double *weights,
                          gm_error *error)
{
    const uint32_t class = gm_dataset_label(file, row), number = (uint32_t)row;
    const char *name = gm_dataset_class_name(file, class);
    double weight = 0;
    const gm_status status =
        gm_dataset_gather(file, NULL, &number, 1, gm_mutable_f64(&weight, 1, 1), gm_no_array(), error);
    if (status != GM_OK)
        return status;
    if (!isnan(weights[class]))
        return gm_fail(error, GM_BAD_DATA, "%s: class '%s' has two weights; expected one", path, name);
    if (weight < 0)
        return gm_fail(error, GM_BAD_DATA,
                       "%s: class '%s' has the weight %g; expected a number of at least 0", path, name,
                       weight);
    weights[class] = weight;
    return GM_OK;
}

static gm_status take_rows(const gm_dataset *file, const char *path, double *weights, gm_error *error)
{
    const size_t classes = gm_dataset_targets(file);
    gm_status status = GM_OK;
    if (gm_dataset_features(file) != 1)
        return gm_fail(error, GM_BAD_DATA, "%s: %zu columns; expected two, a class and its weight", path,
                       gm_dataset_features(file) + 1);
    for (size_t c = 0; c < classes; c++)
        weights[c] = NAN;
    for (size_t r = 0; r < gm_dataset_rows(file) && status == GM_OK; r++)
        status = take_row(file, r, path, weights, error);
    for (size_t c = 0; c < classes; c++)
        weights[c] = isnan(weights[c]) ? 1 : weights[c];
    return status;
}

/* Whether the first row, which was taken for a header, begins with the name of a class. Then it is a row with
 * a cell that is no number. */
static bool lost_a_class(const gm_dataset *file, const gm_dataset_options *read)
{
    const char *head = gm_dataset_target_name(file, 0);
    for (size_t c = 0; head && c < read->class_count; c++) {
        if (strcmp(head, read->classes[c]) == 0)
            return true;
    }
    return false;
}

static gm_status load_file(gm_dataset **file, const char *path, gm_dataset_options *read, gm_error *error)
{
    gm_error reason = {0};
    gm_status status = gm_dataset_load(file, path, read, &reason);
    if (status == GM_OK && lost_a_class(*file, read)) {
        gm_dataset_destroy(*file);
        read->header = 0;
        status = gm_dataset_load(file, path, read, &reason);
    }
    if (status == GM_OK || status == GM_LIMIT || status == GM_IO)
        return status == GM_OK ? GM_OK : gm_fail(error, status, "%s", reason.message);
    return gm_fail(error, status, "%s (a file of --class-weight has lines of a class, a comma and a weight)",
                   reason.message);
}

/* Reads a file whose first column is a class, and whose second one its weight. Classes that are not in the
 * file have a weight of 1. */
static gm_status read_file(const gm_dataset *train, const char *path, double *weights, gm_error *error)
{
    const size_t classes = gm_dataset_targets(train);
    gm_dataset_options read = gm_dataset_options_default();
    gm_dataset *file = NULL;
    const char **names = gm_alloc(classes, sizeof *names);
    if (!names)
        return gm_fail_memory(error, "the names of the classes", classes * sizeof *names);
    for (size_t c = 0; c < classes; c++)
        names[c] = gm_dataset_class_name(train, c);
    read.target = "1";
    read.classes = names;
    read.class_count = classes;
    read.precision = GM_F64;
    read.missing = GM_MISSING_REFUSE;
    gm_status status = load_file(&file, path, &read, error);
    if (status == GM_OK)
        status = take_rows(file, path, weights, error);
    gm_dataset_destroy(file);
    gm_free(names);
    return status;
}

/* Prints a note such as "weights of the classes: setosa 1, versicolor 2.5". */
static void note_weights(const gm_dataset *train, const double *weights)
{
    const size_t classes = gm_dataset_targets(train);
    char list[512] = "", number[32];
    size_t used = 0;
    for (size_t c = 0; c < classes && c < SHOWN; c++)
        used =
            gm_append(list, sizeof list, used, "%s%s %s", c > 0 ? ", " : "", gm_dataset_class_name(train, c),
                      gm_format_double(number, sizeof number, weights[c], 4));
    cli_note("weights of the classes: %s%s", list, classes > SHOWN ? ", ..." : "");
}

gm_status cli_weigh_classes(gm_dataset *train, const char *value, gm_error *error)
{
    static const char *const option[] = {"class-weight"};
    const char *path = cli_class_weight_file(value);
    const size_t classes = gm_dataset_targets(train);
    gm_error reason = {0};
    if (!gm_dataset_has_labels(train))
        return cli_refuse_given(option, 1, "with targets that are numbers; it is for classes", error);
    double *weights = gm_alloc(classes, sizeof *weights);
    if (!weights)
        return gm_fail_memory(error, "the weights of the classes", classes * sizeof *weights);
    gm_status status =
        path ? read_file(train, path, weights, error) : gm_dataset_balance(train, weights, error);
    if (status == GM_OK)
        status = gm_dataset_weigh_classes(train, weights, &reason);
    if (status != GM_OK && *reason.message)
        status = gm_fail(error, status, "--class-weight %s: %s", value, reason.message);
    if (status == GM_OK)
        note_weights(train, weights);
    gm_free(weights);
    return status;
}
