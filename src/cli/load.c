/* Loads data sets for the verbs. */
#include "cli/load.h"
#include "base/error.h"
#include "data/dataset.h"

#include <string.h>
#include <sys/stat.h>

bool cli_is_directory(const char *path)
{
    struct stat info;
    return strcmp(path, "-") != 0 && stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

gm_status cli_resolve(const cli_data_options *options, cli_part part, gm_dataset_files *files,
                      cli_data_options *resolved, gm_error *error)
{
    *resolved = *options;
    resolved->read.test |= part == CLI_PART_TEST;
    if (options->file_count > 1 || !cli_is_directory(options->data))
        return GM_OK;
    const gm_status status = gm_dataset_find(options->data, files, error);
    if (status != GM_OK)
        return status;
    const char *images = part == CLI_PART_TRAIN ? files->train : files->test;
    const char *labels = part == CLI_PART_TRAIN ? files->train_labels : files->test_labels;
    if (*images == '\0')
        return gm_fail(error, GM_BAD_DATA,
                       "%s: no test images; expected t10k-images-idx3-ubyte or test-images-idx3-ubyte",
                       options->data);
    resolved->data = images;
    resolved->files = &resolved->data;
    resolved->file_count = 1;
    resolved->read.labels = *labels ? labels : NULL;
    resolved->read.idx = true;
    return GM_OK;
}

gm_status cli_load(const cli_data_options *options, cli_part part, gm_dataset **dataset, gm_error *error)
{
    gm_dataset_files files;
    cli_data_options resolved;
    *dataset = NULL;
    gm_status status = cli_resolve(options, part, &files, &resolved, error);
    if (status == GM_OK)
        status = gm_dataset_load_files(dataset, resolved.files, resolved.file_count, &resolved.read, error);
    for (size_t i = 0; status == GM_OK && gm_dataset_remark(*dataset, i); i++)
        cli_note("%s", gm_dataset_remark(*dataset, i));
    return status;
}

cli_input cli_data_input(const cli_data_options *options)
{
    cli_input input = {.option = "--data", .path = options->data};
    if (options->file_count > 0) {
        input.path = options->files[0];
        input.more = options->files + 1;
        input.more_count = options->file_count - 1;
    }
    return input;
}

gm_columns_options cli_columns_options(const cli_data_options *data)
{
    gm_columns_options options = data->columns;
    if (data->read.missing == GM_MISSING_MEDIAN || data->read.missing == GM_MISSING_MOST_FREQUENT)
        options.missing = data->read.missing;
    return options;
}

const char *cli_where_targets(const gm_dataset *dataset)
{
    switch (gm_dataset_format(dataset)) {
    case GM_FORMAT_NPY:
        return "give them with --labels, or the number of their column with --target";
    case GM_FORMAT_NPZ:
        return "name their array with --y-member, or give the number of their column with --target";
    default:
        return "give them with --labels";
    }
}

void cli_read_for_model(gm_dataset_options *read, const gm_model *model)
{
    read->columns = model->columns;
    read->classes = (const char *const *)model->classes;
    read->class_count = model->class_count;
    read->regression = model->class_count == 0;
    if (model->network) /* in training it is made after the data is read */
        read->precision = gm_network_precision(model->network);
}
