/* A temporary folder for the files of one test. */
#ifndef GM_TESTS_SCRATCH_H
#define GM_TESTS_SCRATCH_H

#include <criterion/criterion.h>

#include <dirent.h>
#include <ftw.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Each test has a process of its own, so one folder is enough. */
static char scratch[] = "/tmp/gradmill-test-XXXXXX";

typedef struct scratch_text {
    char text[512];
} scratch_text;

static inline void scratch_make(void)
{
    cr_assert_not_null(mkdtemp(scratch));
}

static inline int scratch_remove_one(const char *path, const struct stat *about, int kind, struct FTW *where)
{
    (void)about;
    (void)kind;
    (void)where;
    return remove(path);
}

static inline void scratch_remove(void)
{
    nftw(scratch, scratch_remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* Where the decimal point is a comma; skips the test if no such locale is installed. */
static inline void scratch_comma_locale(void)
{
    if (setlocale(LC_ALL, "de_DE.UTF-8") || setlocale(LC_ALL, "fr_FR.UTF-8"))
        return;
    scratch_remove(); /* a skipped test does not come to its end */
    cr_skip("no locale with a decimal comma is installed");
}

static inline scratch_text scratch_path(const char *name)
{
    scratch_text path;
    snprintf(path.text, sizeof path.text, "%s/%s", scratch, name);
    return path;
}

static inline void scratch_write(const char *path, const void *data, size_t size)
{
    FILE *file = fopen(path, "wb");
    cr_assert_not_null(file, "%s", path);
    cr_assert_eq(fwrite(data, 1, size, file), size);
    cr_assert_eq(fclose(file), 0);
}

/* The contents, ending in a 0 beyond its size; to be freed. */
static inline char *scratch_read(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    cr_assert_not_null(file, "%s", path);
    fseek(file, 0, SEEK_END);
    *size = (size_t)ftell(file);
    rewind(file);
    char *data = calloc(*size + 1, 1);
    cr_assert_not_null(data);
    cr_assert_eq(fread(data, 1, *size, file), *size);
    fclose(file);
    return data;
}

/* How many entries the folder has. */
static inline size_t scratch_count(const char *folder)
{
    size_t count = 0;
    DIR *open = opendir(folder);
    cr_assert_not_null(open);
    while (readdir(open))
        count++;
    closedir(open);
    return count - 2; /* less "." and ".." */
}

#endif
