/* The files of a directory in the form that MNIST and its descendants are published in. */
#include <gradmill/dataset.h>

#include "base/error.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PATH_SIZE sizeof(((gm_dataset_files *)0)->train)

/* path = DIRECTORY/PART-KIND-ubyte, or the same with .gz; empty if neither is there. False: the path is too
 * long. */
static bool find_file(const char *directory, const char *part, const char *kind, char *path)
{
    static const char *const suffixes[] = {"", ".gz"};
    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
        const int length = snprintf(path, PATH_SIZE, "%s/%s-%s-ubyte%s", directory, part, kind, suffixes[i]);
        if (length < 0 || (size_t)length >= PATH_SIZE)
            return false;
        if (access(path, F_OK) == 0)
            return true;
    }
    path[0] = '\0';
    return true;
}

static bool find_pair(const char *directory, const char *part, char *images, char *labels)
{
    return find_file(directory, part, "images-idx3", images) &&
           find_file(directory, part, "labels-idx1", labels);
}

gm_status gm_dataset_find(const char *directory, gm_dataset_files *files, gm_error *error)
{
    *files = (gm_dataset_files){0};
    DIR *opened = opendir(directory);
    if (!opened)
        return gm_fail(error, GM_IO, "%s: cannot open the directory: %s", directory, strerror(errno));
    closedir(opened);
    bool fits = find_pair(directory, "train", files->train, files->train_labels) &&
                find_pair(directory, "t10k", files->test, files->test_labels);
    if (fits && !files->test[0])
        fits = find_pair(directory, "test", files->test, files->test_labels);
    if (!fits) {
        *files = (gm_dataset_files){0};
        return gm_fail(error, GM_IO,
                       "the path of the directory is too long; expected at most %zu bytes, got %zu",
                       PATH_SIZE - sizeof "/train-images-idx3-ubyte.gz", strlen(directory));
    }
    if (!files->train[0])
        return gm_fail(
            error, GM_BAD_DATA,
            "%s: no training images; expected train-images-idx3-ubyte or train-images-idx3-ubyte.gz",
            directory);
    return GM_OK;
}
