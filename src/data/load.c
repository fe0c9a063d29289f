/* One data set from one file: the content tells the format. */
#include "data/format.h"

#include "base/error.h"

gm_dataset_options gm_dataset_options_default(void)
{
    return (gm_dataset_options){.header = -1, .missing = GM_MISSING_AUTO};
}

static gm_status read_table(gm_table *table, gm_source *source, const gm_dataset_options *options,
                            gm_error *error)
{
    const gm_status status = gm_source_refuse_foreign(source, error);
    if (status)
        return status;
    if (source->head_size == 0)
        return gm_fail(error, GM_BAD_DATA, "%s: no rows; the file is empty", source->path);
    const bool is_idx = gm_idx_recognise(source);
    if (options->labels && !is_idx && !options->idx && gm_is_text(source->head, source->head_size))
        return gm_fail(error, GM_USAGE,
                       "%s: a file of labels has no effect with a CSV file, whose labels are a column: see "
                       "--target",
                       source->path);
    /* A file with labels beside it is meant as IDX: its reader says what is wrong if it is not. */
    if (options->labels || options->idx || is_idx)
        return gm_idx_read(table, source, options, error);
    return gm_csv_read(table, source, options, error);
}

gm_status gm_dataset_load(gm_dataset **dataset, const char *path, const gm_dataset_options *options,
                          gm_error *error)
{
    *dataset = NULL;
    const gm_dataset_options defaults = gm_dataset_options_default();
    gm_dataset_options chosen = options ? *options : defaults;
    if (chosen.ignore_target)
        chosen.labels = NULL;
    gm_source source;
    gm_table table = {0};
    gm_status status = gm_source_open(&source, path, error);
    if (!status)
        status = read_table(&table, &source, &chosen, error);
    gm_source_close(&source);
    if (status) {
        gm_table_clear(&table);
        return status;
    }
    return gm_dataset_adopt(dataset, &table, error);
}
