/* Writes data files for tests of src/data, in a temporary folder that is removed after the test. */
#ifndef GM_TESTS_DATA_FILES_H
#define GM_TESTS_DATA_FILES_H

#include <criterion/criterion.h>
#include <gradmill.h>

#include "data/dataset.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

static char folder[64];

static inline void make_folder(void)
{
    strcpy(folder, "/tmp/gradmill-data-XXXXXX");
    cr_assert_not_null(mkdtemp(folder));
}

static inline void remove_folder(void)
{
    DIR *opened = opendir(folder);
    cr_assert_not_null(opened);
    for (struct dirent *entry; (entry = readdir(opened));)
        (void)unlinkat(dirfd(opened), entry->d_name, 0); /* "." and ".." refuse */
    closedir(opened);
    cr_assert_eq(rmdir(folder), 0);
}

/* The path of a file in the folder; to be freed. */
static inline char *path_of(const char *name)
{
    char *path = NULL;
    cr_assert_gt(asprintf(&path, "%s/%s", folder, name), 0);
    return path;
}

static inline char *write_file(const char *name, const void *bytes, size_t size)
{
    char *path = path_of(name);
    FILE *file = fopen(path, "wb");
    cr_assert_not_null(file);
    cr_assert_eq(fwrite(bytes, 1, size, file), size);
    cr_assert_eq(fclose(file), 0);
    return path;
}

static inline char *write_gzip(const char *name, const void *bytes, size_t size)
{
    char *path = path_of(name);
    gzFile file = gzopen(path, "wb9");
    cr_assert_not_null(file);
    cr_assert_eq(gzfwrite(bytes, 1, size, file), size);
    cr_assert_eq(gzclose(file), Z_OK);
    return path;
}

/* Takes bytes off the end of a file. */
static inline void shorten(const char *path, long bytes)
{
    FILE *file = fopen(path, "rb");
    cr_assert_not_null(file);
    cr_assert_eq(fseek(file, 0, SEEK_END), 0);
    const long size = ftell(file);
    cr_assert_eq(fclose(file), 0);
    cr_assert_eq(truncate(path, size - bytes), 0);
}

/* Expects that loading fails with this status, a message that contains `text`, and no data set. */
static inline void expect_refusal(const char *path, const gm_dataset_options *options, gm_status status,
                                  const char *text)
{
    gm_error error = {0};
    gm_dataset *dataset = (gm_dataset *)&error; /* must be overwritten */
    const gm_status got = gm_dataset_load(&dataset, path, options, &error);
    cr_expect_eq(got, status, "%s: expected status %d, got %d (%s)", text, status, got, error.message);
    cr_expect_null(dataset);
    cr_expect_not_null(strstr(error.message, text), "expected '%s', got '%s'", text, error.message);
    cr_expect_eq(error.status, got);
}

static inline gm_dataset *expect_load(const char *path, const gm_dataset_options *options)
{
    gm_error error = {0};
    gm_dataset *dataset = NULL;
    cr_assert_eq(gm_dataset_load(&dataset, path, options, &error), GM_OK, "%s", error.message);
    return dataset;
}

/* A CSV file of this text. */
static inline gm_dataset *load_text(const char *text, const gm_dataset_options *options)
{
    char *path = write_file("data.csv", text, strlen(text));
    gm_dataset *dataset = expect_load(path, options);
    free(path);
    return dataset;
}

/* A CSV text and the error that it must cause. */
typedef struct fault {
    const char *text;
    gm_status status;
    const char *line; /* part of the error line */
} fault;

static inline void expect_faults(const fault *faults, size_t count, const gm_dataset_options *options)
{
    for (size_t i = 0; i < count; i++) {
        char *path = write_file("data.csv", faults[i].text, strlen(faults[i].text));
        expect_refusal(path, options, faults[i].status, faults[i].line);
        free(path);
    }
}

#define EXPECT_FAULTS(faults, options) expect_faults(faults, sizeof(faults) / sizeof *(faults), options)

/* Whether any remark holds `text`. */
static inline bool has_remark(const gm_dataset *dataset, const char *text)
{
    for (size_t i = 0; gm_dataset_remark(dataset, i); i++) {
        if (strstr(gm_dataset_remark(dataset, i), text))
            return true;
    }
    return false;
}

/* Feature f of a row, unscaled. */
static inline double feature(const gm_dataset *dataset, uint32_t row, size_t f)
{
    double *x = calloc(gm_dataset_features(dataset), sizeof *x);
    cr_assert_eq(gm_dataset_gather(dataset, NULL, &row, 1, gm_mutable_f64(x, 1, gm_dataset_features(dataset)),
                                   gm_no_array(), NULL),
                 GM_OK);
    const double value = x[f];
    free(x);
    return value;
}

/* The same, as the reader stored it: a batch flushes denormals, a reader does not. */
static inline double stored(const gm_dataset *dataset, uint32_t row, size_t f)
{
    const gm_table *table = dataset->table;
    const size_t at = gm_table_row(dataset, row) * table->features + f;
    switch (table->type) {
    case GM_TYPE_U8:
        return ((const uint8_t *)table->x)[at];
    case GM_TYPE_F32:
        return (double)((const float *)table->x)[at];
    default:
        return ((const double *)table->x)[at];
    }
}

#endif
