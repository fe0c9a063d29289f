/* Loads a data set from a file. The first bytes of the file decide which reader is used; its name has no
 * influence. */
#include "data/format.h"

#include "base/error.h"
#include "base/names.h"
#include "base/options.h"

void gm_dataset_options_fill(gm_dataset_options *options, size_t size)
{
    const gm_dataset_options defaults = {.header = -1, .missing = GM_MISSING_AUTO, .index_base = -1};
    gm_options_fill(options, size, &defaults, sizeof defaults);
}

gm_status gm_dataset_options_read(gm_dataset_options *o, const gm_dataset_options *options, gm_error *error)
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

typedef gm_status read_format(gm_table *table, gm_source *source, const gm_dataset_options *options,
                              gm_error *error);

static const struct {
    read_format *read;
    const char *name;   /* in messages */
    const char *labels; /* where its labels are; NULL: they may be in a file of their own */
    bool text;          /* its rows may go on in further files. (Arrays declare how many rows they have.) */
} formats[] = {
    [GM_FORMAT_CSV] = {gm_csv_read, "a CSV file", "whose labels are a column: see --target", true},
    [GM_FORMAT_IDX] = {gm_idx_read, "an IDX file", NULL, false},
    [GM_FORMAT_NPY] = {gm_npy_read, "an NPY file", NULL, false},
    [GM_FORMAT_NPZ] = {gm_npz_read, "an NPZ file", "whose targets are an array in it: see --y-member", false},
    [GM_FORMAT_LIBSVM] = {gm_libsvm_read, "a LIBSVM file", "whose rows begin with their labels", true},
    [GM_FORMAT_SQLITE] = {gm_sqlite_read, "an SQLite database", "whose labels are a column: see --target",
                          false},
};

const char *gm_data_format_name(gm_format format)
{
    static const char *const names[] = {"CSV", "IDX", "NPY", "NPZ", "LIBSVM", "SQLite"};
    return GM_WORD_AT(names, format);
}

/* If a file of labels was given, the user means IDX, unless the file is something else that is known. If it
 * is not IDX, the reader of IDX says what is wrong. */
gm_format gm_source_format(const gm_source *source, const gm_dataset_options *options)
{
    if (options->idx)
        return GM_FORMAT_IDX;
    if (gm_npy_recognise(source))
        return GM_FORMAT_NPY;
    if (gm_npz_recognise(source))
        return GM_FORMAT_NPZ;
    if (gm_sqlite_recognise(source))
        return GM_FORMAT_SQLITE;
    if (!options->delimiter && gm_libsvm_recognise(source))
        return GM_FORMAT_LIBSVM;
    const bool labelled = options->labels && !gm_is_text(source->head, source->head_size);
    return labelled || gm_idx_recognise(source) ? GM_FORMAT_IDX : GM_FORMAT_CSV;
}

gm_status gm_source_check(const gm_source *source, const gm_dataset_options *options, gm_error *error)
{
    const gm_status status = gm_source_refuse_foreign(source, error);
    if (status)
        return status;
    if (source->head_size == 0)
        return gm_fail(error, GM_BAD_DATA, "%s: no rows; the file is empty", source->path);
    const gm_format format = gm_source_format(source, options);
    if (options->labels && formats[format].labels)
        return gm_fail(error, GM_USAGE, "%s: a file of labels has no effect with %s, %s", source->path,
                       formats[format].name, formats[format].labels);
    if (source->more_count > 0 && !formats[format].text)
        return gm_fail(error, GM_BAD_DATA, "%s: several files can be read if they are CSV or LIBSVM; got %s",
                       source->path, formats[format].name);
    return GM_OK;
}

gm_status gm_source_load(gm_dataset **dataset, gm_source *source, const gm_dataset_options *options,
                         gm_error *error)
{
    gm_table table = {0};
    *dataset = NULL;
    gm_status status = gm_source_check(source, options, error);
    if (!status)
        status = formats[gm_source_format(source, options)].read(&table, source, options, error);
    if (!status)
        return gm_dataset_adopt(dataset, &table, error);
    gm_table_clear(&table);
    return status;
}

gm_status gm_dataset_load_files(gm_dataset **dataset, const char *const *paths, size_t count,
                                const gm_dataset_options *options, gm_error *error)
{
    *dataset = NULL;
    gm_dataset_options chosen;
    gm_status status = count > 0 ? gm_dataset_options_read(&chosen, options, error)
                                 : gm_fail(error, GM_USAGE, "a data set of no files");
    if (status != GM_OK)
        return status;
    if (chosen.ignore_target)
        chosen.labels = NULL;
    gm_source source;
    status = gm_source_open(&source, paths[0], error);
    source.more = paths + 1;
    source.more_count = count - 1;
    if (!status)
        status = gm_source_load(dataset, &source, &chosen, error);
    gm_source_close(&source);
    return status;
}

gm_status gm_dataset_load(gm_dataset **dataset, const char *path, const gm_dataset_options *options,
                          gm_error *error)
{
    return gm_dataset_load_files(dataset, &path, 1, options, error);
}
