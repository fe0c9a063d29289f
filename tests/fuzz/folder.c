/* Fuzz target: a directory of files as MNIST has them. The input is a list of files: one byte for the name,
 * two bytes (low byte first) for the length, and the bytes of the file. */
#include "fuzz.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char *const names[] = {
    "train-images-idx3-ubyte",    "train-labels-idx1-ubyte",    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",     "test-images-idx3-ubyte",     "test-labels-idx1-ubyte",
    "train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz", "train-images.idx3-ubyte",
    "train-labels.idx1-ubyte",    "t10k-images.idx3-ubyte",     "t10k-labels.idx1-ubyte",
    "t10k-images-idx3-ubyte.gz",  "t10k-labels-idx1-ubyte.gz",  "readme.txt",
};
#define NAME_COUNT (sizeof names / sizeof *names)

typedef struct place {
    char path[256];
} place;

static place place_of(size_t name)
{
    place result;
    snprintf(result.path, sizeof result.path, "%s/%s", fuzz_folder(), names[name]);
    return result;
}

static void write_file(size_t name, fuzz_input content)
{
    const int fd = open(place_of(name).path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    FUZZ_REQUIRE(fd >= 0);
    FUZZ_REQUIRE(content.size == 0 || write(fd, content.bytes, content.size) == (ssize_t)content.size);
    close(fd);
}

static void load_pair(const char *images, const char *labels)
{
    gm_dataset_options options = gm_dataset_options_default();
    if (!*images)
        return;
    FUZZ_REQUIRE(access(images, F_OK) == 0 && (!*labels || access(labels, F_OK) == 0));
    options.labels = *labels ? labels : NULL;
    options.idx = true;
    (void)fuzz_load_dataset(images, &options);
}

static void use_folder(void)
{
    gm_dataset_files files;
    gm_error error = {0};
    const gm_status status = gm_dataset_find(fuzz_folder(), &files, &error);
    fuzz_check_status(status, FUZZ_READER, &error);
    FUZZ_REQUIRE(status != GM_OK || *files.train);
    if (status != GM_OK)
        return;
    load_pair(files.train, files.train_labels);
    load_pair(files.test, files.test_labels);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    fuzz_input input = {bytes, size};
    while (input.size >= 3) {
        const size_t name = fuzz_choice(&input, NAME_COUNT);
        const fuzz_input length = fuzz_take(&input, 2);
        write_file(name, fuzz_take(&input, length.bytes[0] + 256U * length.bytes[1]));
    }
    use_folder();
    for (size_t name = 0; name < NAME_COUNT; name++)
        unlink(place_of(name).path);
    return 0;
}
