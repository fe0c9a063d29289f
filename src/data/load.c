/* Loads a data set from a file. The first bytes of the file decide which reader is used; its name has no
 * influence. */
#include "data/format.h"

#include "base/error.h"
#include "base/options.h"

void gm_dataset_options_fill(gm_dataset_options *options, size_t size)
{
    const gm_dataset_options defaults = {.header = -1, .missing = GM_MISSING_AUTO, .index_base = -1};
    gm_options_fill(options, size, &defaults, sizeof defaults);
}

/* The caller's options as a struct of the library's own version, checked. */
static gm_status read_options(gm_dataset_options *o, const gm_dataset_options *options, gm_error *error)
{
    *o = gm_dataset_options_default();
    const gm_status status = gm_options_read(o, sizeof *o, options, "gm_dataset_options", error);
    if (status != GM_OK)
        return status;
    if ((unsigned)o->missing >= GM_MISSING_COUNT)
        return gm_fail(error, GM_USAGE, "unknown treatment of missing values %d", (int)o->missing);
    if (o->index_base < -1 || o->index_base > 1)
        return gm_fail(error, GM_USAGE, "indices begin at %d; expected 0, 1, or -1 to detect it",
                       o->index_base);
    if ((unsigned)o->precision > GM_F64)
        return gm_fail(error, GM_USAGE, "unknown precision %d", (int)o->precision);
    return GM_OK;
}

static gm_status fail_labels(const gm_source *source, const char *what, gm_error *error)
{
    return gm_fail(error, GM_USAGE, "%s: a file of labels has no effect with %s", source->path, what);
}

static gm_status read_table(gm_table *table, gm_source *source, const gm_dataset_options *options,
                            gm_error *error)
{
    const gm_status status = gm_source_refuse_foreign(source, error);
    if (status)
        return status;
    if (source->head_size == 0)
        return gm_fail(error, GM_BAD_DATA, "%s: no rows; the file is empty", source->path);
    if (options->idx)
        return gm_idx_read(table, source, options, error);
    if (gm_npy_recognise(source))
        return gm_npy_read(table, source, options, error);
    if (gm_npz_recognise(source))
        return options->labels
                   ? fail_labels(source, "an NPZ file, whose targets are an array in it: see --y-member",
                                 error)
                   : gm_npz_read(table, source, options, error);
    /* If a file of labels was given, the user means IDX. If the file is not IDX, its reader says what is
     * wrong. */
    if (!options->delimiter && gm_libsvm_recognise(source))
        return options->labels
                   ? fail_labels(source, "a LIBSVM file, whose rows begin with their labels", error)
                   : gm_libsvm_read(table, source, options, error);
    const bool is_idx = gm_idx_recognise(source);
    if (options->labels && !is_idx && gm_is_text(source->head, source->head_size))
        return fail_labels(source, "a CSV file, whose labels are a column: see --target", error);
    if (options->labels || is_idx)
        return gm_idx_read(table, source, options, error);
    return gm_csv_read(table, source, options, error);
}

gm_status gm_dataset_load(gm_dataset **dataset, const char *path, const gm_dataset_options *options,
                          gm_error *error)
{
    *dataset = NULL;
    gm_dataset_options chosen;
    gm_status status = read_options(&chosen, options, error);
    if (status != GM_OK)
        return status;
    if (chosen.ignore_target)
        chosen.labels = NULL;
    gm_source source;
    gm_table table = {0};
    status = gm_source_open(&source, path, error);
    if (!status)
        status = read_table(&table, &source, &chosen, error);
    gm_source_close(&source);
    if (status) {
        gm_table_clear(&table);
        return status;
    }
    return gm_dataset_adopt(dataset, &table, error);
}
