/* Finds the files of a data set in a directory, by the names under which MNIST and similar data sets are
 * published:
 *
 *     [PREFIX-](train|t10k|test)-images-idx3-ubyte[.gz]
 *     [PREFIX-](train|t10k|test)-labels-(idx1-ubyte|idx2-int)[.gz]
 *
 * in upper or lower case, and with '.' or '_' in place of any '-', as some tools unpack them. The prefix
 * tells parts of a collection apart ("emnist-letters", "qmnist"). */
#include <gradmill/dataset.h>

#include "base/ascii.h"
#include "base/error.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define PATH_SIZE    sizeof(((gm_dataset_files *)0)->train)

#define LONGEST_NAME 256

/* One of the files to find: the end of its name, without ".gz". */
typedef struct folder_part {
    const char *name;       /* "train-images" */
    const char *formats[2]; /* "-idx3-ubyte", or NULL */
} folder_part;

static const folder_part train_images = {"train-images", {"-idx3-ubyte"}},
                         train_labels = {"train-labels", {"-idx1-ubyte", "-idx2-int"}},
                         t10k_images = {"t10k-images", {"-idx3-ubyte"}},
                         t10k_labels = {"t10k-labels", {"-idx1-ubyte", "-idx2-int"}},
                         test_images = {"test-images", {"-idx3-ubyte"}},
                         test_labels = {"test-labels", {"-idx1-ubyte", "-idx2-int"}};

static char simplify(char c)
{
    return c == '.' || c == '_' ? '-' : gm_lower(c);
}

/* Removes an ending from text[0 .. *length) by reducing *length. False if the text has another ending. */
static bool take_ending(const char *text, size_t *length, const char *ending)
{
    const size_t size = strlen(ending);
    if (*length < size)
        return false;
    for (size_t i = 0; i < size; i++) {
        if (simplify(text[*length - size + i]) != ending[i])
            return false;
    }
    *length -= size;
    return true;
}

/* Whether a file of this name is the part. *prefix is the length of the prefix before the part's name. */
static bool matches(const folder_part *part, const char *name, size_t *prefix)
{
    size_t length = strlen(name);
    (void)take_ending(name, &length, "-gz");
    bool format = false;
    for (size_t i = 0; i < 2 && !format; i++)
        format = part->formats[i] && take_ending(name, &length, part->formats[i]);
    if (!format || !take_ending(name, &length, part->name))
        return false;
    *prefix = length;
    return length == 0 || simplify(name[length - 1]) == '-';
}

/* The best file of those that match a part, and a file of another collection (one with another prefix). */
typedef struct found_file {
    char name[LONGEST_NAME], other[LONGEST_NAME]; /* or empty */
    size_t prefix;                                /* length */
} found_file;

/* Whether `name` is better than the file found before. A name without prefix is better than one with a
 * prefix, and a plain file better than a gzip file. Otherwise the alphabet decides, because the order of a
 * directory is arbitrary. */
static bool is_better(const found_file *found, const char *name, size_t prefix)
{
    const size_t length = strlen(name), former = strlen(found->name);
    if (former == 0 || (prefix == 0) != (found->prefix == 0))
        return former == 0 || prefix == 0;
    return length != former ? length < former : strcmp(name, found->name) < 0;
}

static void consider(found_file *found, const char *name, size_t prefix)
{
    const bool same_collection =
        !found->name[0] || (prefix == found->prefix && strncmp(name, found->name, prefix) == 0);
    const bool better = is_better(found, name, prefix);
    if (!same_collection)
        strcpy(found->other, better ? found->name : name);
    if (better) {
        strcpy(found->name, name);
        found->prefix = prefix;
    }
}

/* Searches the directory for a part. If `images` is not NULL, only files with the same prefix as the images
 * count. */
static gm_status look(const char *directory, const folder_part *part, const found_file *images,
                      found_file *found, gm_error *error)
{
    found->name[0] = found->other[0] = '\0';
    DIR *opened = opendir(directory);
    if (!opened)
        return gm_fail(error, GM_IO, "%s: cannot open the directory: %s", directory, strerror(errno));
    errno = 0;
    for (const struct dirent *entry; (entry = readdir(opened));) {
        const char *name = entry->d_name;
        size_t prefix;
        if (strlen(name) >= LONGEST_NAME || !matches(part, name, &prefix))
            continue;
        if (!images || (prefix == images->prefix && strncmp(name, images->name, prefix) == 0))
            consider(found, name, prefix);
    }
    const int failure = errno;
    closedir(opened);
    return failure ? gm_fail(error, GM_IO, "%s: cannot read the directory: %s", directory, strerror(failure))
                   : GM_OK;
}

/* path = DIRECTORY/NAME. */
static gm_status join(const char *directory, const char *name, char *path, gm_error *error)
{
    const int length = snprintf(path, PATH_SIZE, "%s/%s", directory, name);
    if (length >= 0 && (size_t)length < PATH_SIZE)
        return GM_OK;
    path[0] = '\0';
    return gm_fail(error, GM_IO, "the path of the directory is too long; expected at most %zu bytes, got %zu",
                   PATH_SIZE - 2 - strlen(name), strlen(directory));
}

/* Finds the file of a part with the same prefix as the training images. The path is empty if there is none.
 */
static gm_status find_companion(const char *directory, const folder_part *part, const found_file *images,
                                char *path, gm_error *error)
{
    found_file companion;
    path[0] = '\0';
    const gm_status status = look(directory, part, images, &companion, error);
    return status || !companion.name[0] ? status : join(directory, companion.name, path, error);
}

static gm_status find_training_images(const char *directory, found_file *images, char *path, gm_error *error)
{
    const gm_status status = look(directory, &train_images, NULL, images, error);
    if (status)
        return status;
    if (!images->name[0])
        return gm_fail(error, GM_BAD_DATA,
                       "%s: no training images; expected a file train-images-idx3-ubyte or "
                       "train-images-idx3-ubyte.gz",
                       directory);
    if (images->prefix > 0 && images->other[0])
        return gm_fail(
            error, GM_BAD_DATA,
            "%s: several collections, such as '%s' and '%s'; expected one; give its files by --data and "
            "--labels",
            directory, images->name, images->other);
    return join(directory, images->name, path, error);
}

static gm_status find_all(const char *directory, gm_dataset_files *files, gm_error *error)
{
    found_file images;
    gm_status status = find_training_images(directory, &images, files->train, error);
    if (!status)
        status = find_companion(directory, &train_labels, &images, files->train_labels, error);
    if (!status)
        status = find_companion(directory, &t10k_images, &images, files->test, error);
    if (!status && files->test[0])
        return find_companion(directory, &t10k_labels, &images, files->test_labels, error);
    if (!status)
        status = find_companion(directory, &test_images, &images, files->test, error);
    return status || !files->test[0]
               ? status
               : find_companion(directory, &test_labels, &images, files->test_labels, error);
}

gm_status gm_dataset_find(const char *directory, gm_dataset_files *files, gm_error *error)
{
    *files = (gm_dataset_files){0};
    char longest[PATH_SIZE];
    gm_status status = join(directory, "train-images-idx3-ubyte.gz", longest, error);
    if (!status)
        status = find_all(directory, files, error);
    if (status)
        *files = (gm_dataset_files){0};
    return status;
}
