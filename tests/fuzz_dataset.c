/* libFuzzer target of the data readers: any bytes as a file, then everything a data set can do.
 *
 *   clang -fsanitize=fuzzer,address,undefined ... tests/fuzz_dataset.c && ./fuzz_dataset -max_len=4096
 * corpus/
 *
 * The first byte chooses the options, the second how much of the rest is the file of labels. */
#include <gradmill.h>

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* A file that lives in memory and has a path; its descriptor, to be closed. */
static int make_file(const uint8_t *bytes, size_t size, char path[64])
{
    const int fd = memfd_create("fuzz", MFD_CLOEXEC);
    if (fd < 0 || write(fd, bytes, size) != (ssize_t)size)
        abort();
    snprintf(path, 64, "/proc/self/fd/%d", fd);
    return fd;
}

static void use_scaled(const gm_dataset *dataset)
{
    gm_scaling *scaling;
    if (gm_dataset_rows(dataset) == 0 ||
        gm_scaling_fit(&scaling, GM_SCALING_STANDARD, dataset, NULL) != GM_OK)
        return;
    double *x = calloc(gm_dataset_features(dataset), sizeof *x);
    double *y = calloc(gm_dataset_targets(dataset) + 1, sizeof *y);
    for (uint32_t row = 0; x && y && row < gm_dataset_rows(dataset); row++)
        gm_dataset_gather(dataset, scaling, &row, 1, GM_F64, x, y);
    free(x);
    free(y);
    gm_scaling_destroy(scaling);
}

static void use(const gm_dataset *dataset)
{
    gm_dataset *train, *valid;
    if (gm_dataset_split(dataset, 0.3, 1, &train, &valid, NULL) != GM_OK)
        return;
    use_scaled(train);
    use_scaled(valid);
    gm_dataset_destroy(train);
    gm_dataset_destroy(valid);
}

static gm_dataset_options choose(uint8_t bits)
{
    static const char *const targets[] = {NULL, "1", "class", "none"};
    static const char *const classes[] = {"0", "1", "a"};
    gm_dataset_options options = gm_dataset_options_default();
    options.header = bits % 3 - 1;
    options.missing = (gm_missing)(bits / 3 % 3);
    options.target = targets[bits / 9 % 4];
    options.regression = bits / 36 % 2;
    options.delimiter = bits / 72 % 2 ? ';' : '\0';
    if (bits / 144) {
        options.classes = classes;
        options.class_count = sizeof classes / sizeof *classes;
    }
    return options;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    if (size < 2)
        return 0;
    gm_dataset_options options = choose(bytes[0]);
    const size_t rest = size - 2, labelled = bytes[1] < rest ? bytes[1] : rest;
    char path[64], labels[64];
    const int label_file = make_file(bytes + 2, labelled, labels);
    const int file = make_file(bytes + 2 + labelled, rest - labelled, path);
    if (labelled > 0)
        options.labels = labels;
    gm_error error = {0};
    gm_dataset *dataset;
    const gm_status status = gm_dataset_load(&dataset, path, &options, &error);
    if ((status == GM_OK) != (dataset != NULL) || (status != GM_OK) != (error.message[0] != '\0'))
        abort();
    if (dataset)
        use(dataset);
    gm_dataset_destroy(dataset);
    close(label_file);
    close(file);
    return 0;
}
